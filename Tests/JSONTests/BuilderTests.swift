import JSON
import Testing

@Suite struct BuilderTests {
    @Test func buildsWhatItIsTold() throws {
        var builder = JSONBuilder()
        builder.beginObject()
        builder.key("name")
        builder.string("a\"b")
        builder.key("list")
        builder.beginArray()
        builder.int(-1)
        builder.uint(.max)
        builder.double(0.5)
        builder.null()
        builder.bool(true)
        builder.endArray()
        builder.endObject()
        let document = try builder.finish()
        let root = document.root
        #expect(root.count == 2)
        #expect(root["name"]?.string == "a\"b")
        let list = try #require(root["list"])
        #expect(list.elements.map(\.kind) == [.int, .uint, .double, .null, .bool])
        #expect(list.element(0)?.int == -1)
        #expect(list.element(1)?.uint == .max)
        #expect(list.element(2)?.double == 0.5)
        #expect(list.element(2)?.numberText == nil)
    }

    @Test func knowsThePositionOfTheNextValue() throws {
        var builder = JSONBuilder()
        builder.beginArray()
        builder.int(1)
        let position = builder.position
        builder.string("here")
        builder.endArray()
        let document = try builder.finish()
        let marked = try #require(document.root.element(1))
        #expect(Int(marked.index) == position)
    }

    @Test func copiesValuesOfOtherDocuments() throws {
        let source = try JSONDocument(parsing: #"{"a":[1,"\u0041b",{"c":2.50}],"d":{}}"#)
        var builder = JSONBuilder()
        builder.beginArray()
        builder.copy(source.root)
        builder.copy(try #require(source.root["a"]))
        builder.endArray()
        let document = try builder.finish()
        let first = try #require(document.root.element(0))
        #expect(first["a"]?.element(1)?.string == "Ab")
        #expect(first["a"]?.element(2)?["c"]?.numberText == "2.50")
        #expect(first["d"]?.isObject == true)
        #expect(document.root.element(1)?.count == 3)
    }

    @Test func refusesWhatIsNotOneValue() {
        expect(.unbalanced) { _ in }
        expect(.unbalanced) { $0.beginArray() }
        expect(.unbalanced) { $0.endArray() }
        expect(.unbalanced) { builder in
            builder.int(1)
            builder.int(2)
        }
        expect(.unbalanced) { builder in
            builder.beginObject()
            builder.int(1)
            builder.endObject()
        }
        expect(.unbalanced) { builder in
            builder.beginObject()
            builder.key("a")
            builder.endObject()
        }
        expect(.unbalanced) { builder in
            builder.beginArray()
            builder.endObject()
        }
    }

    @Test func refusesRepeatedKeysHoweverManyThereAre() {
        for count in [1, 5, 12, 300] {
            expect(.duplicateKey) { builder in
                builder.beginObject()
                for index in 0...count {
                    builder.key("key\(index % count)")
                    builder.null()
                }
                builder.endObject()
            }
        }
    }

    @Test func refusesNestingBeyondTheLimit() throws {
        func nest(_ builder: inout JSONBuilder, _ depth: Int) {
            for _ in 0..<depth { builder.beginArray() }
            for _ in 0..<depth { builder.endArray() }
        }
        var fitting = JSONBuilder()
        nest(&fitting, 512)
        _ = try fitting.finish()
        expect(.tooDeep) { nest(&$0, 513) }
        expect(.numberOutOfRange) { $0.double(.infinity) }
    }

    @Test func startsAgainAfterAReset() throws {
        var builder = JSONBuilder()
        builder.endArray()
        builder.reset()
        builder.string("fine")
        #expect(try builder.finishAndReset().withRoot { $0.string } == "fine")
        builder.int(7)
        #expect(try builder.finish().withRoot { $0.int } == 7)
    }

    private func expect(_ reason: JSONError.Reason, _ build: (inout JSONBuilder) -> Void) {
        var builder = JSONBuilder()
        build(&builder)
        do throws(JSONError) {
            _ = try builder.finish()
            Issue.record("accepted")
        } catch {
            #expect(error.reason == reason)
        }
    }
}
