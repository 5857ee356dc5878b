import Hooks
import JSON
import Testing

@Suite struct RedactionTests {
    private func redact(_ text: String) -> String {
        String(decoding: Redaction().redacted(Array(text.utf8)), as: UTF8.self)
    }

    static let cases: [(before: String, after: String)] = [
        (
            #"{"kind":"Secret","data":{"a":"czNjcjN0","b":""},"stringData":{"c":"s3cr3t"},"type":"Opaque"}"#,
            #"{"kind":"Secret","data":{"a":"UkVEQUNURUQ=","b":"UkVEQUNURUQ="},"stringData":{"c":"REDACTED"},"type":"Opaque"}"#
        ),
        (
            #"{"kind":"SecretList","items":[{"data":{"a":"czNjcjN0"}}]}"#,
            #"{"kind":"SecretList","items":[{"data":{"a":"UkVEQUNURUQ="}}]}"#
        ),
        (
            #"{"request":{"kind":{"kind":"Secret"},"object":{"data":{"a":"x"}},"oldObject":{"data":{"a":"y"}}}}"#,
            #"{"request":{"kind":{"kind":"Secret"},"object":{"data":{"a":"UkVEQUNURUQ="}},"oldObject":{"data":{"a":"UkVEQUNURUQ="}}}}"#
        ),
        (#"{"kind":"ConfigMap","data":{"a":"x"}}"#, #"{"kind":"ConfigMap","data":{"a":"x"}}"#),
        (
            #"{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}"}}}"#,
            #"{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"REDACTED"}}}"#
        ),
        (
            #"{"kind":"TokenRequest","status":{"token":"abc"}}"#,
            #"{"kind":"TokenRequest","status":{"token":"REDACTED"}}"#
        ),
        (#"{"spec":{"token":"abc","audiences":["a"]}}"#, #"{"spec":{"token":"REDACTED","audiences":["a"]}}"#),
        (
            #"{"env":[{"name":"DB_PASSWORD","value":"x"},{"name":"HOME","value":"/"}]}"#,
            #"{"env":[{"name":"DB_PASSWORD","value":"REDACTED"},{"name":"HOME","value":"/"}]}"#
        ),
        (
            #"{"secretName":"s","secretKeyRef":{"name":"n","key":"k"},"automountServiceAccountToken":false}"#,
            #"{"secretName":"s","secretKeyRef":{"name":"n","key":"k"},"automountServiceAccountToken":false}"#
        ),
        (
            #"{"api-key":"a","apiKey":1,"API_KEY":["a"]}"#,
            #"{"api-key":"REDACTED","apiKey":"REDACTED","API_KEY":["REDACTED"]}"#
        ),
        (
            #"{"args":["--password","x","--token=y","-v","z"]}"#,
            #"{"args":["--password","REDACTED","--token=REDACTED","-v","z"]}"#
        ),
        (#"["curl -H 'Authorization: Bearer abc' x"]"#, #"["curl -H 'Authorization: REDACTED abc' x"]"#),
        (#"["Bearer abc.def x"]"#, #"["Bearer REDACTED x"]"#),
        (#"["a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln b"]"#, #"["a REDACTED b"]"#),
        (
            #"["postgres://u:p4ss@db:5432/x","https://h:80/a@b"]"#,
            #"["postgres://u:REDACTED@db:5432/x","https://h:80/a@b"]"#
        ),
        (#"["-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"]"#, #"["REDACTED"]"#),
        (#"["user: u\npassword: hunter2\nport: 1"]"#, #"["user: u\npassword: REDACTED\nport: 1"]"#),
        (#"["{\"password\":\"hunter2\",\"a\":1}"]"#, #"["{\"password\":\"REDACTED\",\"a\":1}"]"#),
        (
            #"["Server=h;Password=p;X=1","/x?token=abc&y=1"]"#,
            #"["Server=h;Password=REDACTED;X=1","/x?token=REDACTED&y=1"]"#
        ),
        (#"["registry/token-server:1.2","mysecret"]"#, #"["registry/token-server:1.2","mysecret"]"#),
        (#"not json"#, #""REDACTED""#),
        (#"[1,-2.50,1e400,null,true,"\u00e9"]"#, #""REDACTED""#),
        (#"[1,-2.5,null,true,"é"]"#, #"[1,-2.5,null,true,"é"]"#),
    ]

    @Test(arguments: cases) func secretsGoAndTheRestStays(before: String, after: String) {
        #expect(redact(before) == after)
    }

    @Test func deepNestingIsNoWayAround() throws {
        let text = String(repeating: "[", count: 900) + #"{"password":"x"}"# + String(repeating: "]", count: 900)
        #expect(!redact(text).contains("\"x\"") && redact(text).contains("REDACTED"))
        let deeper = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
        #expect(redact(deeper) == "\"REDACTED\"")
    }

    @Test func whatIsRedactedIsStillJSON() throws {
        for (before, _) in Self.cases { _ = try JSONDocument(parsing: redact(before)) }
    }
}
