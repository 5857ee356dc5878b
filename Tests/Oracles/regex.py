#!/usr/bin/env python3
"""Random patterns and texts, with what RE2 makes of them (PyPI: google-re2).

    regex.py [--seed N] [--count N] [--raw]

One line for each pair: pattern and text in hexadecimal, then RE2's answer: `refused`, `none`, or the spans of the match
and its groups, `0:3,0:1,-`. The pairs are valid UTF-8 and stay where RE2 and Go agree; `regex.go` beside this says what
Go makes of the same lines, and is the judge where they do not.

With --raw the texts hold bytes that are not UTF-8 and the patterns all there is, and RE2, which differs there, is not
asked: such lines are for `regex.go`.
"""
import argparse
import random
import sys

import re2

ATOMS = ["a", "b", "c", "ab", "abc", "x", "é", "☃", "😀", "k", "K", "ſ", "_", "0", "9", "-", r"\.", r"\n", " ", "\n"]
CLASSES = [
    ".", "[a-c]", "[^a]", "[^a-c]", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", "[a-z0-9]", "[-a-z0-9]", "[[:alpha:]]",
    "[[:^digit:]]", r"\pL", r"\p{Greek}", r"\PL", r"[\pL\d]", "[é-☃]", "[a-é]", "[^é]", r"[\x{80}-\x{10FFFF}]",
    r"[^\x00-\x{10FFFF}]", r"\p{Lu}", r"[^\w]", "[k]", "[😀-😂]", r"[\x{7F}-\x{800}]", r"\x{1F600}", r"\x61", r"[ab\n]"]
ASSERTIONS = ["^", "$", r"\b", r"\B", r"\A", r"\z", "(?m:^)", "(?m:$)", "(?m)"]
FLAGS = ["(?i)", "(?s)", "(?m)", "(?U)", "(?i:", "(?s:", "(?m:", "(?U:", "(?-i)", "(?ims:", "(?i-s:", "(?:"]
REPEATS = ["*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}", "{2,}?", "{1,3}", "{0}", "{0,1}?", "{3,5}?"]
PIECES = ["a", "b", "c", "ab", "abc", "x", "é", "☃", "😀", "k", "K", "ſ", "\u212a", "_", "0", "9", "-", ".", "\n", " ", "ω", "Z", "abcabc"]
REAL = [
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?", r"^(?P<host>[a-z0-9.-]+(?::[0-9]+)?/)?(?P<name>[a-z0-9/]+)(?::(?P<tag>[\w.-]+))?$",
    r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$", r"(\d+)\.(\d+)\.(\d+)", r"(?i)k8s|kube", r"(a*)*b", r"(x+x+)+y",
    r"(a|b)*abb", r"(|a)*", r"(|a)+", r"(a|ab)(c|bcd)(d*)", r"(a+)(b+)?c", r"((a)|(b))*", r"(?:(a)|b)*"]


def pattern(random, depth):
    kind = random.random()
    if depth <= 0 or kind < 0.25:
        kind = random.random()
        if kind < 0.5:
            return random.choice(ATOMS)
        return random.choice(CLASSES) if kind < 0.85 else random.choice(ASSERTIONS)
    if kind < 0.45:
        inner = pattern(random, depth - 1)
        single = len(inner) == 1 or (inner[0] == "[" and inner[-1] == "]" and "[" not in inner[1:])
        return (inner if single else random.choice(["(", "(?:", "(?P<n>"]) + inner + ")") + random.choice(REPEATS)
    if kind < 0.72:
        return "".join(pattern(random, depth - 1) for _ in range(random.randint(2, 4)))
    if kind < 0.84:
        return "(" + "|".join(pattern(random, depth - 1) for _ in range(random.randint(2, 4))) + ")"
    if kind < 0.92:
        return "(" + pattern(random, depth - 1) + ")"
    if kind < 0.94:
        return "|".join(pattern(random, depth - 1) for _ in range(2))
    if kind < 0.95:
        return "(" + random.choice(["", "|a", "a|", "a||b", "b|"]) + ")"
    flag = random.choice(FLAGS)
    return flag + pattern(random, depth - 1) + (")" if flag.endswith(":") else "")


def damaged(random, text):
    """Now and then something is taken out or put in, so that the refusals are looked at too."""
    if text and random.random() < 0.08:
        at = random.randrange(len(text))
        text = text[:at] + random.choice(["", "(", ")", "[", "]", "*", "{", "}", "\\", "?", "(?", "|", "^"]) + text[at + 1:]
    return text


def text(random):
    return "".join(random.choice(PIECES) for _ in range(random.randint(0, 12)))


def torn(random, data):
    """Bytes are lost, repeated or changed."""
    data = bytearray(data)
    for _ in range(random.randint(0, 3)):
        at = random.randint(0, len(data))
        data[at:at + random.randint(0, 1)] = bytes(random.choice([b"", b"\xff", b"\xc3", b"\xe2\x98", b"\xed\xa0\x80", b"\x80"]))
    return bytes(data)


def is_comparable(expression):
    # Where RE2 and Go are meant to differ, or RE2 is alone:
    #   \C: RE2 reads a byte, Go refuses it.       \B: RE2 lets it hold inside a code point.
    #   two groups of one name: RE2 refuses them.  \pN of other versions of Unicode: not in the lists above.
    return "\\C" not in expression and "\\B" not in expression and expression.count("(?P<n>") < 2


def answer(expression, subject, options):
    try:
        compiled = re2.compile(expression.encode(), options)
    except re2.error:
        return "refused"
    match = compiled.search(subject.encode())
    if match is None:
        return "none"
    spans = [match.span(group) for group in range(compiled.groups + 1)]
    return ",".join("-" if low < 0 else f"{low}:{high}" for low, high in spans)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--raw", action="store_true")
    arguments = parser.parse_args()
    generator = random.Random(arguments.seed)
    options = re2.Options()
    options.log_errors = False
    written = 0
    while written < arguments.count:
        expression = generator.choice(REAL) if generator.random() < 0.05 else pattern(generator, generator.randint(1, 4))
        expression = damaged(generator, expression)
        if not arguments.raw and not is_comparable(expression):
            continue
        for _ in range(generator.randint(1, 4)):
            subject = text(generator)
            found = "" if arguments.raw else answer(expression, subject, options)
            subject = torn(generator, subject.encode()) if arguments.raw else subject.encode()
            print(expression.encode().hex(), subject.hex(), found, sep="\t")
            written += 1


main()
