// The declarations of the extension libraries, overload by overload.

extension Library {
    /// Strings, as of version 0.
    static let stringsTable = SignatureTable(
        """
        charAt
            string_char_at_int: string.(int) -> string
        indexOf
            string_index_of_string: string.(string) -> int
            string_index_of_string_int: string.(string, int) -> int
        join
            list_join: list(string).() -> string
            list_join_string: list(string).(string) -> string
        lastIndexOf
            string_last_index_of_string: string.(string) -> int
            string_last_index_of_string_int: string.(string, int) -> int
        lowerAscii
            string_lower_ascii: string.() -> string
        replace
            string_replace_string_string: string.(string, string) -> string
            string_replace_string_string_int: string.(string, string, int) -> string
        split
            string_split_string: string.(string) -> list(string)
            string_split_string_int: string.(string, int) -> list(string)
        substring
            string_substring_int: string.(int) -> string
            string_substring_int_int: string.(int, int) -> string
        trim
            string_trim: string.() -> string
        upperAscii
            string_upper_ascii: string.() -> string
        """)

    /// What version 1 of strings added.
    static let stringsFormatTable = SignatureTable(
        """
        format
            string_format: string.(list(dyn)) -> string
        strings.quote
            strings_quote: (string) -> string
        """)

    /// What version 3 of strings added.
    static let stringsReverseTable = SignatureTable(
        """
        reverse
            string_reverse: string.() -> string
        """)

    /// Lists, as of version 3.
    static let listsTable = SignatureTable(
        """
        @sortByAssociatedKeys
            list_int_sortByAssociatedKeys: list(T).(list(int)) -> list(T)
            list_uint_sortByAssociatedKeys: list(T).(list(uint)) -> list(T)
            list_double_sortByAssociatedKeys: list(T).(list(double)) -> list(T)
            list_bool_sortByAssociatedKeys: list(T).(list(bool)) -> list(T)
            list_google.protobuf.Duration_sortByAssociatedKeys: list(T).(list(duration)) -> list(T)
            list_google.protobuf.Timestamp_sortByAssociatedKeys: list(T).(list(timestamp)) -> list(T)
            list_string_sortByAssociatedKeys: list(T).(list(string)) -> list(T)
            list_bytes_sortByAssociatedKeys: list(T).(list(bytes)) -> list(T)
        distinct
            list_distinct: list(T).() -> list(T)
        flatten
            list_flatten: list(list(T)).() -> list(T)
            list_flatten_int: list(dyn).(int) -> list(dyn)
        lists.range
            lists_range: (int) -> list(int)
        reverse
            list_reverse: list(T).() -> list(T)
        slice
            list_slice: list(T).(int, int) -> list(T)
        sort
            list_int_sort: list(int).() -> list(int)
            list_uint_sort: list(uint).() -> list(uint)
            list_double_sort: list(double).() -> list(double)
            list_bool_sort: list(bool).() -> list(bool)
            list_google.protobuf.Duration_sort: list(duration).() -> list(duration)
            list_google.protobuf.Timestamp_sort: list(timestamp).() -> list(timestamp)
            list_string_sort: list(string).() -> list(string)
            list_bytes_sort: list(bytes).() -> list(bytes)
        """)

    /// Lists taken as sets.
    static let setsTable = SignatureTable(
        """
        sets.contains
            list_sets_contains_list: (list(T), list(T)) -> bool
        sets.equivalent
            list_sets_equivalent_list: (list(T), list(T)) -> bool
        sets.intersects
            list_sets_intersects_list: (list(T), list(T)) -> bool
        """)

    /// Mathematics.
    static let mathTable = SignatureTable(
        """
        math.@max
            math_@max_double: (double) -> double
            math_@max_int: (int) -> int
            math_@max_uint: (uint) -> uint
            math_@max_double_double: (double, double) -> double
            math_@max_int_int: (int, int) -> int
            math_@max_uint_uint: (uint, uint) -> uint
            math_@max_int_uint: (int, uint) -> dyn
            math_@max_int_double: (int, double) -> dyn
            math_@max_double_int: (double, int) -> dyn
            math_@max_double_uint: (double, uint) -> dyn
            math_@max_uint_int: (uint, int) -> dyn
            math_@max_uint_double: (uint, double) -> dyn
            math_@max_list_double: (list(double)) -> double
            math_@max_list_int: (list(int)) -> int
            math_@max_list_uint: (list(uint)) -> uint
        math.@min
            math_@min_double: (double) -> double
            math_@min_int: (int) -> int
            math_@min_uint: (uint) -> uint
            math_@min_double_double: (double, double) -> double
            math_@min_int_int: (int, int) -> int
            math_@min_uint_uint: (uint, uint) -> uint
            math_@min_int_uint: (int, uint) -> dyn
            math_@min_int_double: (int, double) -> dyn
            math_@min_double_int: (double, int) -> dyn
            math_@min_double_uint: (double, uint) -> dyn
            math_@min_uint_int: (uint, int) -> dyn
            math_@min_uint_double: (uint, double) -> dyn
            math_@min_list_double: (list(double)) -> double
            math_@min_list_int: (list(int)) -> int
            math_@min_list_uint: (list(uint)) -> uint
        math.abs
            math_abs_double: (double) -> double
            math_abs_int: (int) -> int
            math_abs_uint: (uint) -> uint
        math.bitAnd
            math_bitAnd_int_int: (int, int) -> int
            math_bitAnd_uint_uint: (uint, uint) -> uint
        math.bitNot
            math_bitNot_int_int: (int) -> int
            math_bitNot_uint_uint: (uint) -> uint
        math.bitOr
            math_bitOr_int_int: (int, int) -> int
            math_bitOr_uint_uint: (uint, uint) -> uint
        math.bitShiftLeft
            math_bitShiftLeft_int_int: (int, int) -> int
            math_bitShiftLeft_uint_int: (uint, int) -> uint
        math.bitShiftRight
            math_bitShiftRight_int_int: (int, int) -> int
            math_bitShiftRight_uint_int: (uint, int) -> uint
        math.bitXor
            math_bitXor_int_int: (int, int) -> int
            math_bitXor_uint_uint: (uint, uint) -> uint
        math.ceil
            math_ceil_double: (double) -> double
        math.floor
            math_floor_double: (double) -> double
        math.isFinite
            math_isFinite_double: (double) -> bool
        math.isInf
            math_isInf_double: (double) -> bool
        math.isNaN
            math_isNaN_double: (double) -> bool
        math.round
            math_round_double: (double) -> double
        math.sign
            math_sign_double: (double) -> double
            math_sign_int: (int) -> int
            math_sign_uint: (uint) -> uint
        math.sqrt
            math_sqrt_double: (double) -> double
            math_sqrt_int: (int) -> double
            math_sqrt_uint: (uint) -> double
        math.trunc
            math_trunc_double: (double) -> double
        """)

    /// Base64.
    static let encodersTable = SignatureTable(
        """
        base64.decode
            base64_decode_string: (string) -> bytes
        base64.encode
            base64_encode_bytes: (bytes) -> string
        """)

    /// Optional values.
    static let optionalsTable = SignatureTable(
        """
        _?._
            select_optional_field: (dyn, string) -> optional_type(V)
        _[?_]
            list_optindex_optional_int: (list(V), int) -> optional_type(V)
            optional_list_optindex_optional_int: (optional_type(list(V)), int) -> optional_type(V)
            map_optindex_optional_value: (map(K, V), K) -> optional_type(V)
            optional_map_optindex_optional_value: (optional_type(map(K, V)), K) -> optional_type(V)
        _[_]
            optional_list_index_int: (optional_type(list(V)), int) -> optional_type(V)
            optional_map_index_value: (optional_type(map(K, V)), K) -> optional_type(V)
        hasValue
            optional_hasValue: optional_type(V).() -> bool
        optional.none
            optional_none: () -> optional_type(V)
        optional.of
            optional_of: (V) -> optional_type(V)
        optional.ofNonZeroValue
            optional_ofNonZeroValue: (V) -> optional_type(V)
        or
            optional_or_optional: optional_type(V).(optional_type(V)) -> optional_type(V)
        orValue
            optional_orValue_value: optional_type(V).(V) -> V
        value
            optional_value: optional_type(V).() -> V
        """)

    /// What version 2 of optional values added.
    static let optionalListsTable = SignatureTable(
        """
        first
            list_first: list(V).() -> optional_type(V)
        last
            list_last: list(V).() -> optional_type(V)
        optional.unwrap
            optional_unwrap: (list(optional_type(V))) -> list(V)
        unwrapOpt
            optional_unwrapOpt: list(optional_type(V)).() -> list(V)
        """)

    /// What the two-variable loops that make maps call.
    static let twoVariablesTable = SignatureTable(
        """
        cel.@mapInsert
            @mapInsert_map_key_value: (map(K, V), K, V) -> map(K, V)
            @mapInsert_map_map: (map(K, V), map(K, V)) -> map(K, V)
        """)

    /// What `cel.block` becomes.
    static let blocksTable = SignatureTable(
        """
        cel.@block
            cel_block_list: (list(dyn), T) -> T
        """)
}
