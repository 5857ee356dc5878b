import Glibc

/// One engine's promise about arbitrary bytes: the function neither traps nor breaks the property it checks.
@safe public struct FuzzTarget: Sendable {
    /// The name that `deploy/fuzz.sh` selects it by.
    public let name: String
    /// Does the work for one input.
    public let run: @Sendable (UnsafeRawBufferPointer) -> Void
}

/// Every target there is.
public let fuzzTargets: [FuzzTarget] =
    jsonFuzzTargets + yamlFuzzTargets + regexFuzzTargets + celFuzzTargets + schemaFuzzTargets + httpFuzzTargets
    + admissionFuzzTargets + policyFuzzTargets + executorFuzzTargets + registrationFuzzTargets

/// The target that `PORTCULLIS_FUZZ_TARGET` names.
private let selected: FuzzTarget = {
    let name = unsafe getenv("PORTCULLIS_FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = fuzzTargets.first(where: { $0.name == name }) else {
        print("PORTCULLIS_FUZZ_TARGET must be one of: \(fuzzTargets.map(\.name).joined(separator: " "))")
        exit(2)
    }
    return target
}()

/// Where libFuzzer comes in.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe selected.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
