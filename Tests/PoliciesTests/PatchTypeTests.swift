import CEL
import Policies
import Testing

@Suite struct PatchTypeTests {
    @Test func wordsTheTypeThatAnExpressionMustHave() {
        #expect(PatchType.applyConfiguration.complaint(about: .object("Object")) == nil)
        #expect(
            PatchType.applyConfiguration.complaint(about: .object("Object.spec"))
                == "must evaluate to Object but got Object.spec")
        #expect(PatchType.jsonPatch.complaint(about: .list(.object("JSONPatch"))) == nil)
    }
}
