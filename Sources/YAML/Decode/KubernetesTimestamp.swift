/// The dates and times that the library knows; they matter only where a tag demands one.
enum KubernetesTimestamp {
    /// `2006-1-2`, and after it nothing, or `T`, `t` with a zone or a space without one, then `15:4:5.999999999`.
    static func isTimestamp(_ text: Span<UInt8>) -> Bool {
        guard text.count >= 8, text[4] == UInt8(ascii: "-") else { return false }
        var reader = Reader(text)
        guard let year = reader.number(4...4), reader.take("-"), let month = reader.number(1...2), reader.take("-"),
            let day = reader.number(1...2), (1...12).contains(month), day >= 1, day <= days(month, year)
        else { return false }
        if reader.isAtEnd { return true }
        let hasZone = reader.take("T") || reader.take("t")
        guard hasZone || reader.take(" "), reader.time() else { return false }
        return hasZone ? reader.zone() && reader.isAtEnd : reader.isAtEnd
    }

    private static func days(_ month: Int, _ year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    private struct Reader {
        private let text: [UInt8]
        private var index = 0

        init(_ text: Span<UInt8>) { self.text = (0..<text.count).map { text[$0] } }

        var isAtEnd: Bool { index == text.count }

        mutating func take(_ character: Character) -> Bool {
            guard index < text.count, character.asciiValue == text[index] else { return false }
            index += 1
            return true
        }

        mutating func number(_ width: ClosedRange<Int>) -> Int? {
            var value = 0
            var count = 0
            while index < text.count, count < width.upperBound, (0x30...0x39).contains(text[index]) {
                value = value * 10 + Int(text[index]) - 0x30
                index += 1
                count += 1
            }
            return count >= width.lowerBound ? value : nil
        }

        /// Hours have two digits or one, as Go's parser takes them; a fraction may follow the seconds.
        mutating func time() -> Bool {
            guard let hour = number(1...2), take(":"), let minute = number(1...2), take(":"),
                let second = number(1...2), hour < 24, minute < 60, second < 60
            else { return false }
            guard take(".") || take(",") else { return true }
            guard number(1...1) != nil else { return false }
            while number(1...1) != nil {}
            return true
        }

        mutating func zone() -> Bool {
            if take("Z") { return true }
            guard take("+") || take("-"), let hour = number(2...2), take(":"), let minute = number(2...2) else {
                return false
            }
            return hour <= 24 && minute < 60
        }
    }
}
