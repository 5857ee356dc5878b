import JSON
import TestSupport
import Testing

@Suite struct Base64Tests {
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func saysWhatRFC4648Says(text: String, encoded: String) {
        #expect(Base64Text.encode(Array(text.utf8)) == encoded)
        #expect(Base64Text.decode(Array(encoded.utf8)) == Array(text.utf8))
    }

    @Test func readsBackEveryByte() {
        let bytes = (0..<771).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 256) }
        for count in 765..<771 {
            let some = Array(bytes[..<count])
            #expect(Base64Text.decode(Array(Base64Text.encode(some).utf8)) == some)
        }
    }

    @Test(arguments: ["Zg", "Zg=", "Zg==Zg==", "Z===", "Zm9*", "====", "Zm 9v"])
    func whatIsNoneIsRefused(text: String) { #expect(Base64Text.decode(Array(text.utf8)) == nil) }

    @Test func lineEndsArePassedOver() {
        #expect(Base64Text.decode(Array("Zm9v\r\nYmFy\n".utf8)) == Array("foobar".utf8))
    }
}
