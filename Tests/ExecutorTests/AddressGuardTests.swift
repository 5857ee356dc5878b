import Hooks
import Reactor
import Testing

@Suite struct AddressGuardTests {
    static let special = [
        "0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.9",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.168.1.1", "198.18.0.1",
        "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16",
        "::", "::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2002:a00:1::",
        "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "4000::1",
    ]

    @Test(arguments: special) func specialAddressesAreRefused(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!AddressGuard().allows(address))
        #expect(AddressGuard.speciality(of: address) != nil)
    }

    static let common = [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255", "198.20.0.0", "223.255.255.255", "2600::1", "2a00:1450::1", "64:ff9b::808:808",
        "::ffff:8.8.8.8",
    ]

    @Test(arguments: common) func publicAddressesAreAllowed(text: String) throws {
        #expect(AddressGuard().allows(try #require(IPAddress(text))))
    }

    @Test func whatTheServerAllowsIsAllowed() throws {
        let guardian = AddressGuard(try AllowedTargets(["10.96.0.0/12", "fd00::/8", "::1"]))
        for text in ["10.96.0.1", "10.111.255.255", "::ffff:10.96.0.1", "fd12::1", "::1"] {
            #expect(guardian.allows(try #require(IPAddress(text))), "\(text)")
        }
        for text in ["10.95.255.255", "10.112.0.0", "fc00::1", "127.0.0.1", "64:ff9b::10.96.0.1"] {
            #expect(!guardian.allows(try #require(IPAddress(text))), "\(text)")
        }
    }

    static let ranges: [(text: String, complaint: String)] = [
        ("", "must be a range"), ("10.0.0.0/", "number of bits"), ("10.0.0.0/33", "number of bits"),
        ("fd00::/129", "number of bits"), ("10.0.0/8", "must be a range"), ("10.0.0.0/8/8", "must be a range"),
        ("10.0.0.1/8", "would be written 10.0.0.0/8"), ("fd00::1/8", "would be written fd00::/8"),
        ("localhost", "must be a range"), ("10.0.0.0/+8", "number of bits"),
    ]

    @Test(arguments: ranges) func aRangeThatIsNoneIsNamed(text: String, complaint: String) {
        let problem = #expect(throws: AllowedTargets.Problem.self) { try AllowedTargets(["::1", text]) }
        #expect(problem?.index == 1 && problem?.text == text)
        #expect(problem?.description.contains(complaint) == true, "\(problem?.description ?? "")")
    }

    @Test func rangesOfEveryLengthHoldTheirEnds() throws {
        let v4 = try #require(IPAddress("203.0.113.77"))
        let v6 = try #require(IPAddress("2001:db8:1:2:3:4:5:6"))
        for length in 0...32 { #expect(IPRange(masking: v4, prefixLength: length).contains(v4)) }
        for length in 0...128 { #expect(IPRange(masking: v6, prefixLength: length).contains(v6)) }
        #expect(try IPRange("0.0.0.0/0").contains(v4) && !IPRange("::/0").contains(v4))
        #expect(try IPRange("2001:db8:1:2:3:4:5:6/128").description == "2001:db8:1:2:3:4:5:6/128")
    }
}
