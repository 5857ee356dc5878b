/// Memory that a parser keeps between texts.
@safe struct ParserScratch: ~Copyable {
    private var frames: UnsafeMutableBufferPointer<Parser.Frame>
    private var keys = KeyScratch()

    init() { unsafe frames = .allocate(capacity: 64) }

    deinit { unsafe frames.deallocate() }

    /// Parses the text onto the tape, which has a word for every byte and eight more; nil when all went well.
    mutating func parse(_ text: TextBytes, into words: TapeWords, options: JSONOptions) -> JSONError? {
        let depthMax = min(max(options.depthMax, 0), 1 << 20)
        if unsafe frames.count < depthMax + 1 {
            unsafe frames.deallocate()
            unsafe frames = .allocate(capacity: depthMax + 1)
        }
        var parser = unsafe Parser(
            text: text, words: words, frames: frames.baseAddress!, depthMax: depthMax, options: options)
        do throws(JSONError) {
            try parser.run(&keys)
            return nil
        } catch { return error }
    }
}

/// One pass over a text, writing its tape. Open containers are frames in an array, so nesting costs no stack.
///
/// Everything on the hot path is inlined into `run`, so that the fields below live in registers; what is rare is a
/// function of its own that takes values, never `self`, for the same reason.
@safe struct Parser {
    /// A container that is open.
    struct Frame: BitwiseCopyable {
        var opening = 0
        var count = 0
        /// One bit for each key so far: a key whose bit is clear has not been seen.
        var seen: UInt64 = 0
        var isObject = false
        /// Whether the keys are to be compared when the object ends.
        var checksKeys = false
    }

    /// Above this many members keys are hashed at the end of the object instead of one by one.
    static let watchedMax = 24

    let text: TextBytes
    let words: TapeWords
    let frames: UnsafeMutablePointer<Frame>
    let depthMax: Int
    let nodesMax: Int
    let refusesDuplicates: Bool
    let replacesUnicode: Bool
    var position = 0
    var next = 0
    var depth = 0
    var nodes = 1
    var frame = Frame()

    init(
        text: TextBytes, words: TapeWords, frames: UnsafeMutablePointer<Frame>, depthMax: Int, options: JSONOptions
    ) {
        self.text = text
        self.words = words
        unsafe self.frames = frames
        self.depthMax = depthMax
        nodesMax = options.nodesMax
        refusesDuplicates = options.duplicateKeys == .refuse
        replacesUnicode = options.invalidUnicode == .replace
    }

    /// Parses the whole text: one value, with nothing but whitespace around it.
    mutating func run(_ keys: inout KeyScratch) throws(JSONError) {
        var byte = skipSpace()
        if byte == 0xEF, position == 0, text.count >= 3, text[1] == 0xBB, text[2] == 0xBF {
            throw JSONError(.byteOrderMark, at: 0)
        }
        while true {
            switch byte {
            case UInt8(ascii: "\""):
                position &+= 1
                try string()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if try open(&byte) { continue }
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                try number(byte)
            case UInt8(ascii: "t"):
                try literal(0x6575_7274, extra: 0, TapeTag.true)
            case UInt8(ascii: "f"):
                try literal(0x736C_6166, extra: UInt8(ascii: "e"), TapeTag.false)
            case UInt8(ascii: "n"):
                try literal(0x6C6C_756E, extra: 0, TapeTag.null)
            default:
                throw unexpected(.expectedValue)
            }
            if try !advance(&byte, &keys) { return }
        }
    }

    /// After a value: closes what ends here and goes to where the next value starts. False at the end of the text.
    @inline(__always)
    private mutating func advance(_ byte: inout UInt8, _ keys: inout KeyScratch) throws(JSONError) -> Bool {
        while depth > 0 {
            byte = skipSpace()
            if byte == UInt8(ascii: ",") {
                position &+= 1
                frame.count &+= 1
                byte = skipSpace()
                if frame.isObject { try key(&byte) }
                return true
            }
            guard byte == (frame.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                throw unexpected(.expectedCommaOrEnd)
            }
            position &+= 1
            frame.count &+= 1
            try close(&keys)
        }
        _ = skipSpace()
        if position < text.count { throw JSONError(.trailingCharacters, at: position) }
        return false
    }

    /// Opens a container; true when a value inside it is next, false when it was empty and is complete.
    @inline(__always) private mutating func open(_ byte: inout UInt8) throws(JSONError) -> Bool {
        let isObject = byte == UInt8(ascii: "{")
        if depth >= depthMax { throw JSONError(.tooDeep, at: position) }
        position &+= 1
        byte = skipSpace()
        if byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
            position &+= 1
            words[next] = TapeWord.container(isObject ? TapeTag.object : TapeTag.array, count: 0, span: 1)
            next &+= 1
            return false
        }
        unsafe frames[depth] = frame
        depth &+= 1
        frame = Frame(opening: next, isObject: isObject)
        next &+= 1
        if isObject { try key(&byte) }
        return true
    }

    @inline(__always) private mutating func close(_ keys: inout KeyScratch) throws(JSONError) {
        words[frame.opening] = TapeWord.container(
            frame.isObject ? TapeTag.object : TapeTag.array, count: frame.count, span: next &- frame.opening)
        nodes &+= frame.count
        if nodes > nodesMax { throw JSONError(.tooManyNodes, at: position) }
        if frame.checksKeys {
            next = try Self.settleKeys(&keys, frame.opening, next, words, text, refuses: refusesDuplicates)
        }
        depth &-= 1
        frame = unsafe frames[depth]
    }

    /// Refuses repeated keys of a finished object or takes them out; returns where the tape ends now.
    @inline(never)
    private static func settleKeys(
        _ keys: inout KeyScratch, _ opening: Int, _ end: Int, _ words: TapeWords, _ text: TextBytes, refuses: Bool
    ) throws(JSONError) -> Int {
        guard let place = keys.firstDuplicate(ofObjectAt: opening, words: words, text: text) else { return end }
        if refuses { throw JSONError(.duplicateKey, at: TapeWord.offset(words[place]) - 1) }
        return keys.keepLast(ofObjectAt: opening, words: words, text: text)
    }
}

extension Parser {
    /// The first byte at or after the position that is not whitespace; zero at the end of the text.
    @inline(__always) mutating func skipSpace() -> UInt8 {
        while position < text.count {
            let byte = text[position]
            if byte > 0x20 { return byte }
            if byte != 0x20, byte != 0x0A, byte != 0x0D, byte != 0x09 { return byte }
            position &+= 1
            // Indented text: spaces in eights.
            while position &+ 8 <= text.count, text.eight(at: position) == 0x2020_2020_2020_2020 { position &+= 8 }
        }
        return 0
    }

    /// An error at the position, which is the end of the text or something that does not belong there.
    @inline(never) func unexpected(_ reason: JSONError.Reason) -> JSONError {
        JSONError(position >= text.count ? .unexpectedEnd : reason, at: position)
    }

    /// `true`, `false` or `null`: four bytes compared as a word, and for `false` one more.
    @inline(__always) mutating func literal(_ four: UInt32, extra: UInt8, _ tag: UInt64) throws(JSONError) {
        let length = extra == 0 ? 4 : 5
        guard position &+ length <= text.count, text.four(at: position) == four,
            extra == 0 || text[position &+ 4] == extra
        else { throw JSONError(.expectedValue, at: position) }
        words[next] = TapeWord.scalar(tag, offset: position, length: length)
        next &+= 1
        position &+= length
    }

    /// A member's key and its colon; `byte` becomes the first of the value.
    @inline(__always) mutating func key(_ byte: inout UInt8) throws(JSONError) {
        guard byte == UInt8(ascii: "\"") else { throw unexpected(.expectedKey) }
        position &+= 1
        let start = position
        let place = next
        try string()
        watch(place, start: start, length: position &- 1 &- start)
        if skipSpace() != UInt8(ascii: ":") { throw unexpected(.expectedColon) }
        position &+= 1
        byte = skipSpace()
    }

    /// Notes a key, and has the object's keys compared at its end when this one may have been there before.
    @inline(__always) private mutating func watch(_ place: Int, start: Int, length: Int) {
        let bit: UInt64 = 1 &<< (fingerprint(start, length) &>> 58)
        let isNew = frame.seen & bit == 0
        frame.seen |= bit
        if isNew, !TapeWord.isCoded(words[place]) { return }
        if frame.checksKeys { return }
        frame.checksKeys = Self.needsCheck(place, frame, isNew: isNew, words, text)
    }

    /// Whether a key that cannot be told to be new by its bytes alone calls for comparing all keys in the end.
    ///
    /// A key with escapes is known by its bytes as long as these are the only way to write it; managed fields have many.
    @inline(never)
    private static func needsCheck(
        _ place: Int, _ frame: Frame, isNew: Bool, _ words: TapeWords, _ text: TextBytes
    ) -> Bool {
        let keys = TapeKeys(words: words, text: text)
        if keys.hasOtherSpellings(place) { return true }
        if isNew { return false }
        return frame.count > watchedMax || keys.isRepeated(place, since: frame.opening + 1)
    }

    /// Mixes the first and the last eight bytes of a key with its length; the high bits are the good ones.
    @inline(__always) private func fingerprint(_ start: Int, _ length: Int) -> UInt64 {
        if length >= 8 {
            let first = text.eight(at: start)
            let last = text.eight(at: start &+ length &- 8)
            return (first ^ (last << 7 | last >> 57) ^ UInt64(truncatingIfNeeded: length)) &* 0x9E37_79B9_7F4A_7C15
        }
        return firstBytes(start, length) &* 0x9E37_79B9_7F4A_7C15
    }

    /// The fewer than eight bytes of a short key in the high bytes of a word.
    @inline(__always) private func firstBytes(_ start: Int, _ length: Int) -> UInt64 {
        if length == 0 { return 0 }
        if start &+ 8 <= text.count {
            return text.eight(at: start) &<< UInt64(truncatingIfNeeded: 64 &- length &* 8)
        }
        var bytes: UInt64 = 0
        for index in start..<start &+ length { bytes = bytes &>> 8 | UInt64(text[index]) &<< 56 }
        return bytes
    }
}
