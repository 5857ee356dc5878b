// Go's answers to the lines of regex.py: pattern and text in hexadecimal on standard input, a tab between them and
// anything after; on standard output the same with Go's answers: the error's text in hexadecimal and `!`, `none`, or
// spans; then the spans of all matches, and the text with `<$1>` for every match.
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strings"
)

func answer(pattern string, text []byte) string {
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return hex.EncodeToString([]byte(err.Error())) + "!"
	}
	found := compiled.FindSubmatchIndex(text)
	if found == nil {
		return "none"
	}
	var spans []string
	for i := 0; i < len(found); i += 2 {
		if found[i] < 0 {
			spans = append(spans, "-")
		} else {
			spans = append(spans, fmt.Sprintf("%d:%d", found[i], found[i+1]))
		}
	}
	return strings.Join(spans, ",")
}

func every(pattern string, text []byte) string {
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return "\t"
	}
	var spans []string
	for _, found := range compiled.FindAllIndex(text, -1) {
		spans = append(spans, fmt.Sprintf("%d:%d", found[0], found[1]))
	}
	return strings.Join(spans, ",") + "\t" + hex.EncodeToString(compiled.ReplaceAll(text, []byte("<$1>")))
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		pattern, _ := hex.DecodeString(fields[0])
		text, _ := hex.DecodeString(fields[1])
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", fields[0], fields[1], answer(string(pattern), text), every(string(pattern), text))
	}
}
