/// A text in which every byte that is not part of valid UTF-8 was replaced by U+FFFD, which is what Go takes it for, and
/// where those bytes were. The automata then need not know what is not valid.
struct ReplacedText {
    private(set) var bytes: [UInt8] = []
    /// The places of the replaced bytes in the original.
    private var places: [Int] = []

    /// Replaces what is not valid; each such byte becomes three.
    mutating func replace(_ text: UnsafeBufferPointer<UInt8>) {
        bytes.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        var position = 0
        while position < text.count {
            let width = UTF8Decoder.width(at: position, end: text.count) { unsafe text[$0] }
            if width == 0 {
                places.append(position)
                bytes.append(contentsOf: [0xEF, 0xBF, 0xBD])
                position += 1
            } else {
                for _ in 0..<width {
                    unsafe bytes.append(text[position])
                    position += 1
                }
            }
        }
    }

    /// Where a position of the original is in the replaced text.
    func position(of original: Int) -> Int {
        original + 2 * count { places[$0] < original }
    }

    /// Where a position of the replaced text is in the original.
    func original(of position: Int) -> Int {
        position - 2 * count { places[$0] + 2 * $0 < position }
    }

    /// How many of the places come before a position, given that `isBefore` is true of the first ones only.
    private func count(_ isBefore: (Int) -> Bool) -> Int {
        var low = 0
        var high = places.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// True when a text is valid UTF-8; ASCII is seen at eight bytes a step.
    static func isValid(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let start = unsafe UnsafeRawPointer(text.baseAddress) else { return true }
        var position = 0
        while position < text.count {
            while position + 8 <= text.count,
                unsafe start.loadUnaligned(fromByteOffset: position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                position += 8
            }
            // A few bytes one by one, and then eight at a time again.
            let stop = min(text.count, position + 16)
            while position < stop {
                let width = UTF8Decoder.width(at: position, end: text.count) { unsafe text[$0] }
                if width == 0 { return false }
                position += width
            }
        }
        return true
    }
}
