// Renders a chart as `helm template` does, with the template engine that Helm itself uses: the functions that the charts here
// need, and an error for any other. A value that does not exist is an error where it would be written.
//
//	helm-template CHART -j FOLDER [-n NAMESPACE] [-r RELEASE] [--upgrade] [-f VALUES.json]…
//
// There is no YAML in Go's library, so Chart.json and values.json of the folder that -j names are read instead, and what else
// is to be converted is left there. What is printed is a stream of YAML documents, each with the template it is of.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"text/template"
)

type object = map[string]any

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "helm-template:", err)
		os.Exit(1)
	}
}

func readJSON(name string) object {
	text, err := os.ReadFile(name)
	fail(err)
	var value object
	fail(json.Unmarshal(text, &value))
	return value
}

// files of the chart that templates may read, links followed.
type files struct{ root string }

func (f files) Get(name string) string {
	text, err := os.ReadFile(filepath.Join(f.root, name))
	if err != nil {
		return ""
	}
	return string(text)
}

func (f files) Glob(pattern string) map[string][]byte {
	found, err := filepath.Glob(filepath.Join(f.root, pattern))
	fail(err)
	result := map[string][]byte{}
	for _, name := range found {
		relative, _ := filepath.Rel(f.root, name)
		text, err := os.ReadFile(name)
		fail(err)
		result[relative] = text
	}
	return result
}

// merge puts the values of `over` over those of `base`, maps member by member.
func merge(base, over object) object {
	for key, value := range over {
		below, isMap := base[key].(object)
		above, areMaps := value.(object)
		if isMap && areMaps {
			base[key] = merge(below, above)
		} else if value == nil {
			delete(base, key)
		} else {
			base[key] = value
		}
	}
	return base
}

func copyOf(value any) any {
	switch value := value.(type) {
	case object:
		result := object{}
		for key, member := range value {
			result[key] = copyOf(member)
		}
		return result
	case []any:
		result := make([]any, len(value))
		for index, member := range value {
			result[index] = copyOf(member)
		}
		return result
	}
	return value
}

func isEmpty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case bool:
		return !value
	case float64:
		return value == 0
	case int:
		return value == 0
	case object:
		return len(value) == 0
	case []any:
		return len(value) == 0
	}
	return false
}

var plain = regexp.MustCompile(`^[A-Za-z_/.][-A-Za-z0-9_/.%@]*( [-A-Za-z0-9_/.(),%@=]+)*$`)
var special = regexp.MustCompile(`^(?i:null|true|false|yes|no|on|off|y|n|\.inf|\.nan|~)$|^[-+.]?[0-9]`)

// scalar as YAML that reads back as the same.
func scalar(value any) string {
	switch value := value.(type) {
	case string:
		if plain.MatchString(value) && !special.MatchString(value) {
			return value
		}
		return jsonText(value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return jsonText(value)
}

func jsonText(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	fail(encoder.Encode(value))
	return strings.TrimSuffix(out.String(), "\n")
}

func yaml(out *strings.Builder, value any, indent string, isInline bool) {
	switch value := value.(type) {
	case object:
		if len(value) == 0 {
			out.WriteString("{}\n")
			return
		}
		keys := make([]string, 0, len(value))
		for key := range value {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		for index, key := range keys {
			if index > 0 || !isInline {
				out.WriteString(indent)
			}
			out.WriteString(scalar(key) + ":")
			member(out, value[key], indent)
		}
	case []any:
		if len(value) == 0 {
			out.WriteString("[]\n")
			return
		}
		for index, item := range value {
			if index > 0 || !isInline {
				out.WriteString(indent)
			}
			out.WriteString("- ")
			yaml(out, item, indent+"  ", true)
		}
	case string:
		if strings.Contains(value, "\n") && !strings.HasPrefix(value, " ") && !strings.Contains(value, "\t") {
			block(out, value, indent)
		} else {
			out.WriteString(scalar(value) + "\n")
		}
	default:
		out.WriteString(scalar(value) + "\n")
	}
}

func block(out *strings.Builder, text string, indent string) {
	body := strings.TrimRight(text, "\n")
	switch len(text) - len(body) {
	case 0:
		out.WriteString("|-\n")
	case 1:
		out.WriteString("|\n")
	default:
		out.WriteString("|+\n")
		body = strings.TrimSuffix(text, "\n")
	}
	for _, line := range strings.Split(body, "\n") {
		if line != "" {
			out.WriteString(indent + "  " + line)
		}
		out.WriteString("\n")
	}
}

func member(out *strings.Builder, value any, indent string) {
	switch value := value.(type) {
	case object:
		if len(value) > 0 {
			out.WriteString("\n")
			yaml(out, value, indent+"  ", false)
			return
		}
	case []any:
		if len(value) > 0 {
			out.WriteString("\n")
			yaml(out, value, indent, false)
			return
		}
	}
	out.WriteString(" ")
	yaml(out, value, indent, true)
}

func toYAML(value any) string {
	var out strings.Builder
	yaml(&out, plainValue(value), "", true)
	return strings.TrimSuffix(out.String(), "\n")
}

// plainValue makes of what templates built what JSON would make of it.
func plainValue(value any) any {
	text, err := json.Marshal(value)
	fail(err)
	var result any
	fail(json.Unmarshal(text, &result))
	return result
}

func indent(count int, text string) string {
	pad := strings.Repeat(" ", count)
	return pad + strings.ReplaceAll(text, "\n", "\n"+pad)
}

func number(value any) (float64, error) {
	switch value := value.(type) {
	case float64:
		return value, nil
	case int:
		return float64(value), nil
	case string:
		return strconv.ParseFloat(value, 64)
	}
	return 0, fmt.Errorf("%v is no number", value)
}

func list(values ...any) []any { return values }

func functions(templates **template.Template, converted string) template.FuncMap {
	return template.FuncMap{
		"include": func(name string, data any) (string, error) {
			var out bytes.Buffer
			err := (*templates).ExecuteTemplate(&out, name, data)
			return out.String(), err
		},
		"required": func(message string, value any) (any, error) {
			if value == nil || value == "" {
				return nil, errors.New(message)
			}
			return value, nil
		},
		"default": func(other, value any) any {
			if isEmpty(value) {
				return other
			}
			return value
		},
		"ternary": func(yes, no any, condition bool) any {
			if condition {
				return yes
			}
			return no
		},
		"dict": func(pairs ...any) object {
			result := object{}
			for index := 0; index+1 < len(pairs); index += 2 {
				result[pairs[index].(string)] = pairs[index+1]
			}
			return result
		},
		"set": func(target object, key string, value any) object {
			target[key] = value
			return target
		},
		"list": list,
		"concat": func(lists ...[]any) []any {
			result := []any{}
			for _, one := range lists {
				result = append(result, one...)
			}
			return result
		},
		"deepCopy":       copyOf,
		"mergeOverwrite": func(base, over object) object { return merge(base, over) },
		// The first of two values counts.
		"merge":     func(first, second object) object { return merge(copyShallow(second), first) },
		"toYaml":    toYAML,
		"fromYaml":  func(text string) object { return fromYAML(converted, text) },
		"toJson":    jsonText,
		"toString":  func(value any) string { return text(value) },
		"int":       func(value any) (int, error) { result, err := number(value); return int(result), err },
		"quote":     func(value any) string { return strconv.Quote(text(value)) },
		"indent":    indent,
		"nindent":   func(count int, text string) string { return "\n" + indent(count, text) },
		"trunc":     func(count int, text string) string { return text[:min(count, len(text))] },
		"contains":  func(part, text string) bool { return strings.Contains(text, part) },
		"replace":   func(old, new, text string) string { return strings.ReplaceAll(text, old, new) },
		"base":      path.Base,
		"trim":      strings.TrimSpace,
		"sha256sum": func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) },
		"trimSuffix": func(suffix, text string) string {
			return strings.TrimSuffix(text, suffix)
		},
		"fromJsonArray": func(text string) []any {
			var result []any
			fail(json.Unmarshal([]byte(text), &result))
			return result
		},
	}
}

func copyShallow(value object) object {
	result := object{}
	for key, member := range value {
		result[key] = member
	}
	return result
}

func text(value any) string {
	if number, isNumber := value.(float64); isNumber {
		return fmt.Sprint(number)
	}
	return fmt.Sprint(value)
}

// fromYAML knows the texts that were converted before, by their sums, and leaves others to be converted.
func fromYAML(folder, text string) object {
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
	name := filepath.Join(folder, sum+".json")
	if _, err := os.Stat(name); err != nil {
		fail(os.WriteFile(filepath.Join(folder, "wanted-"+sum+".yaml"), []byte(text), 0o600))
		fail(errors.New("a text is to be converted first"))
	}
	return readJSON(name)
}

func main() {
	chart, namespace, release, converted := "", "default", "portcullis", ""
	isUpgrade := false
	var overlays []string
	arguments := os.Args[1:]
	for len(arguments) > 0 {
		word := arguments[0]
		arguments = arguments[1:]
		take := func() string {
			if len(arguments) == 0 {
				fail(errors.New(word + " needs a value"))
			}
			value := arguments[0]
			arguments = arguments[1:]
			return value
		}
		switch word {
		case "-n":
			namespace = take()
		case "-r":
			release = take()
		case "-j":
			converted = take()
		case "-f":
			overlays = append(overlays, take())
		case "--upgrade":
			isUpgrade = true
		default:
			chart = word
		}
	}
	values := readJSON(filepath.Join(converted, "values.json"))
	for _, overlay := range overlays {
		values = merge(values, readJSON(overlay))
	}
	meta := object{}
	for key, value := range readJSON(filepath.Join(converted, "Chart.json")) {
		meta[strings.ToUpper(key[:1])+key[1:]] = value
	}
	context := object{
		"Values": values, "Chart": meta, "Files": files{chart},
		"Release": object{
			"Name": release, "Namespace": namespace, "Service": "Helm", "Revision": 1, "IsInstall": !isUpgrade,
			"IsUpgrade": isUpgrade,
		},
	}
	var templates *template.Template
	templates = template.New("chart").Option("missingkey=zero").Funcs(functions(&templates, converted))
	names, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	fail(err)
	sort.Strings(names)
	for _, name := range names {
		source, err := os.ReadFile(name)
		fail(err)
		_, err = templates.New(filepath.Base(name)).Parse(string(source))
		fail(err)
	}
	for _, name := range names {
		if strings.HasPrefix(filepath.Base(name), "_") {
			continue
		}
		var out bytes.Buffer
		fail(templates.ExecuteTemplate(&out, filepath.Base(name), context))
		if strings.Contains(out.String(), "<no value>") {
			fail(errors.New(name + ": something is made of a value that does not exist"))
		}
		if strings.HasSuffix(name, ".txt") {
			continue
		}
		for _, document := range regexp.MustCompile(`(?m)^---$`).Split(out.String(), -1) {
			if regexp.MustCompile(`(?m)^[^#\s]`).MatchString(document) {
				fmt.Printf("---\n# Source: %s\n%s\n", filepath.Base(name), strings.Trim(document, "\n"))
			}
		}
	}
}
