import HTTP
import Testing

@Suite struct AddressTests {
    static let urls: [(String, String, Int, String)] = [
        ("https://a", "a", 443, "/"), ("http://a", "a", 80, "/"), ("HTTPS://A.b-c_d/x", "a.b-c_d", 443, "/x"),
        ("http://127.0.0.1:8080/?q=%20", "127.0.0.1", 8080, "/?q=%20"), ("http://[::1]:1/", "::1", 1, "/"),
        ("https://a:443?x", "a", 443, "/?x"), ("http://[fe80::ABCD]", "fe80::abcd", 80, "/"),
    ]

    @Test(arguments: urls) func readsURLs(_ text: String, _ host: String, _ port: Int, _ target: String) throws {
        let url = try HTTPURL(text)
        #expect(url.host == host && url.port == port && url.target == target)
        #expect(try HTTPURL(url.description) == url)
    }

    static let refusedURLs: [(String, HTTPURL.Problem)] = [
        ("", .scheme), ("a", .scheme), ("ftp://a", .scheme), ("//a", .scheme), ("https:/a", .scheme),
        ("https://", .host), ("https:///x", .host), ("https://:80", .host), ("https://u:p@a", .userInfo),
        ("https://a b", .host), ("https://[::1", .host), ("https://[]", .host), ("https://[a]", .host),
        ("https://::1", .host), ("https://a:0", .port), ("https://a:65536", .port), ("https://a:x", .port),
        ("https://a:", .port), ("https://a:-1", .port), ("https://a/#b", .fragment), ("https://a#b", .fragment),
        ("https://a/b c", .path), ("https://a/%4", .path), ("https://a/é", .path), ("https://a/\r\n", .path),
        ("https://é/", .host), ("https://a\\b/", .host), ("https://a/" + String(repeating: "x", count: 9000), .tooLong),
    ]

    @Test(arguments: refusedURLs) func refusesURLs(_ text: String, _ problem: HTTPURL.Problem) {
        #expect(throws: problem) { try HTTPURL(text) }
        #expect(problem.sentence.utf8CodeUnitCount > 10)
    }

    @Test func aPortOfItsOwnIsNamedInHost() throws {
        #expect(try HTTPURL("https://a:443/").authority == "a")
        #expect(try HTTPURL("http://a:443/").authority == "a:443")
        #expect(try HTTPURL("https://[::1]:8443").authority == "[::1]:8443")
    }

    static let queries: [(String, String?)] = [
        ("timeout=5s", "5s"), ("a=b&timeout=5s&timeout=6s", "5s"), ("timeout", ""), ("timeout=", ""),
        ("timeouts=1", nil), ("", nil), ("&&timeout=1%30s", "10s"), ("timeout=a+b%zz", "a b%zz"), ("a=timeout=1", nil),
        ("timeout=a=b", "a=b"),
    ]

    @Test(arguments: queries) func readsQueries(_ text: String, _ value: String?) {
        let bytes = Array(text.utf8)
        let query = QueryString(ByteRange(0, bytes.count))
        #expect(query.decodedValue(of: "timeout", in: bytes.span) == value)
    }

    static let durations: [(String, Int64?)] = [
        ("0", 0), ("5s", 5_000_000_000), ("1h15m30.918273645s", 4_530_918_273_645), ("300ms", 300_000_000),
        ("-1.5h", -5_400_000_000_000), ("+5s", 5_000_000_000), (".5s", 500_000_000), ("5.s", 5_000_000_000),
        ("1us1µs1μs1ns", 3001), ("9223372036854775807ns", Int64.max), ("-9223372036854775808ns", Int64.min),
        ("9223372036854775808ns", nil), ("9223372036.854775808s", nil), ("2562047h47m16.854775807s", Int64.max),
        ("2562047h47m16.854775808s", nil), ("3000000h", nil), ("99999999999999999999s", nil), ("", nil), ("5", nil),
        ("s", nil), (".s", nil), ("-", nil), ("+", nil), ("-0", 0), ("00", nil), ("5 s", nil), ("5S", nil),
        ("5d", nil), ("5s ", nil), ("1.2.3s", nil), ("--5s", nil), ("1e3s", nil), ("5ss", nil),
        ("0.100000000000000000000h", 360_000_000_000), ("0.9223372036854775807h", 3_320_413_933_267),
    ]

    @Test(arguments: durations) func readsDurationsAsGoDoes(_ text: String, _ nanoseconds: Int64?) {
        #expect(GoDuration(text)?.nanoseconds == nanoseconds)
    }
}

@Suite struct RouterTests {
    private static let router: Router<String> = {
        var router = Router<String>()
        router.add("/validate", .post, "validate")
        router.add("/validate/{group}", .post, "validate group")
        router.add("/livez", .get, "livez")
        router.add("/", .get, "page")
        router.add("/v1/hooks/{name}/mode", .post, "mode")
        router.add("/v1/runtime/hooks/{kind}/{id}", .get, "entry")
        router.add("/v1/runtime/hooks/{kind}/{id}", .post, "change entry")
        return router
    }()

    private static func route(_ method: HTTPMethod, _ path: String) -> String {
        let bytes = Array(path.utf8)
        switch router.route(method, ByteRange(0, bytes.count), in: bytes.span) {
        case .endpoint(let name, let first, let second):
            return ([name] + [first, second].filter(\.isPresent).map { $0.string(in: bytes.span) })
                .joined(separator: " ")
        case .options(let allow): return "options \(allow.rawValue)"
        case .methodNotAllowed(let allow): return "405 \(allow.rawValue)"
        case .notFound: return "404"
        }
    }

    private static let post = HTTPMethodSet([.post, HTTPMethodSet(.options)]).rawValue
    private static let get = HTTPMethodSet([.get, HTTPMethodSet(.options)]).rawValue

    static let routes: [(HTTPMethod, String, String)] = [
        (.post, "/validate", "validate"), (.post, "/validate/a", "validate group a"),
        (.get, "/validate", "405 \(post)"),
        (.post, "/validate/", "404"), (.post, "/validate/a/b", "404"), (.post, "/validate/%61", "404"),
        (.post, "/validatex", "404"), (.get, "/", "page"), (.head, "/livez", "livez"), (.post, "/livez", "405 \(get)"),
        (.options, "/livez", "options \(get)"), (.options, "/nothing", "404"), (.other, "/livez", "405 \(get)"),
        (.post, "/v1/hooks/x/mode", "mode x"), (.get, "/v1/runtime/hooks/a/b", "entry a b"),
        (.post, "/v1/runtime/hooks/a/b", "change entry a b"), (.get, "", "404"), (.get, "//", "404"),
    ]

    @Test(arguments: routes) func findsTheEndpoint(_ method: HTTPMethod, _ path: String, _ expected: String) {
        #expect(Self.route(method, path) == expected)
    }
}
