import CEL
import CELKubernetes
import Testing

/// What policy authors do most with the API server's libraries; the corpora have the corners.
@Suite struct KubernetesLibraryTests {
    static func run(_ expression: String) -> String {
        let environment = Environment.kubernetes()
        switch environment.compile(expression) {
        case .failure(let failure): return "!\(failure)"
        case .success(let checked):
            guard let program = try? environment.plan(checked) else { return "!no program" }
            var evaluator = Evaluator()
            let value = evaluator.run(program)
            return value.isError ? "!" + value.errorMessage : ValueText.text(of: value, &evaluator)
        }
    }

    @Test(arguments: [
        "quantity('1Gi') == quantity('1024Mi')", "quantity('500m').add(quantity('1.5')) == quantity('2')",
        "quantity('1.5').sub(2) == quantity('-500m')", "quantity('10').compareTo(quantity('9')) == 1",
        "quantity('4k').asInteger() == 4000", "!quantity('1.5').isInteger()", "sign(quantity('-1')) == -1",
        "!isQuantity('1.5Gb')", "quantity('0.1').asApproximateFloat() == 0.1",
    ])
    func reckonsWithQuantities(expression: String) { #expect(Self.run(expression) == "true") }

    @Test(arguments: [
        "ip('10.0.0.1').family() == 4", "ip('::1').isLoopback()", "!isIP('10.0.0.256')",
        "ip('10.0.0.1') == ip('10.0.0.1')",
        "cidr('10.0.0.0/8').containsIP('10.1.2.3')", "!cidr('10.0.0.0/8').containsCIDR('11.0.0.0/16')",
        "cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8')", "cidr('192.168.0.0/24').prefixLength() == 24",
        "ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1')",
    ])
    func knowsAddresses(expression: String) { #expect(Self.run(expression) == "true") }

    @Test(arguments: [
        "url('https://a.example:80/p?k=v&k=w').getPort() == '80'",
        "url('https://a/p?k=v&k=w').getQuery()['k'] == ['v', 'w']",
        "url('https://[::1]/').getHostname() == '::1'", "!isURL('../a')", "url('https://a/%41') != url('https://a/A')",
        "url('https://a/b c').getEscapedPath() == '/b%20c'", "url('https://a/') != url('https://a/?')",
    ])
    func takesURLsApart(expression: String) { #expect(Self.run(expression) == "true") }

    @Test(arguments: [
        "semver('1.2.3-rc.1').isLessThan(semver('1.2.3'))", "semver('v1.2', true) == semver('1.2.0')",
        "!isSemver('1.2')", "semver('1.10.0').compareTo(semver('1.9.9')) == 1", "semver('1.2.3').minor() == 2",
    ])
    func ordersVersions(expression: String) { #expect(Self.run(expression) == "true") }

    @Test(arguments: [
        "!format.dns1123Label().validate('web-1').hasValue()", "format.dns1123Label().validate('Web').hasValue()",
        "format.dns1123Subdomain().validate('a..b').hasValue()",
        "!format.dns1123Subdomain().validate('a-b.c').hasValue()",
        "format.dns1123Subdomain().validate('a-.c').hasValue()", "format.named('uuid').hasValue()",
        "!format.named('nothing').hasValue()", "format.byte().validate('QUJ').hasValue()",
        "!format.byte().validate('QUJD').hasValue()", "format.date().validate('2023-02-29').hasValue()",
    ])
    func knowsFormats(expression: String) { #expect(Self.run(expression) == "true") }

    @Test(arguments: [
        "[1, 2, 2].isSorted()", "[3, 1, 2].max() == 3", "['b', 'a'].min() == 'a'", "[1.5, 2.5].sum() == 4.0",
        "[1, 2, 1].lastIndexOf(1) == 2", "'abc123'.find('[0-9]+') == '123'", "'a1b2'.findAll('[0-9]') == ['1', '2']",
        "'a1b2'.findAll('[0-9]', 1) == ['1']", "'abc'.find('x') == ''",
    ])
    func searchesListsAndTexts(expression: String) { #expect(Self.run(expression) == "true") }

    @Test(arguments: [
        ("quantity('x')", "quantities must match the regular expression"),
        ("ip('1.2.3')", "IP Address \"1.2.3\" parse error"),
        ("[].max()", "max called on empty list"), ("url('a b')", "URL parse error during conversion from string"),
        ("semver('1')", "No Major.Minor.Patch elements found"),
        ("quantity('1.5').asInteger()", "cannot convert value to integer"),
        ("'a'.matches('(')", "invalid matches argument"),
    ])
    func failsInTheAPIServersWords(expression: String, words: String) {
        let said = Self.run(expression)
        #expect(said.hasPrefix("!") && said.contains(words), "\(said)")
    }
}
