// Command protobuf-fields prints how the built-in kinds look in protobuf: the table in ../../../data/protobuf.tsv.
//
// A line is a message: its name, then its fields as NUMBER:NAME:TYPE, separated by tabs. The name is that of the JSON field; it is
// empty where the fields of the message stand among those of its parent. A type is made of
//
//	? a pointer: a zero is a value     ! written to JSON even when it is zero
//	[  a list of what follows          {  a map from strings to what follows
//	s string   i whole number   b boolean   d fraction   y bytes
//	t time     u time with microseconds   q quantity   o number or string   r any object   f set of fields   x list of strings
//	@ the message on that line, counted from zero
//
// Lines that begin with a kind (group/version/kind) say which message it is.
package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
)

type table struct {
	lines map[reflect.Type]int
	text  []string
}

func main() {
	t := &table{lines: map[reflect.Type]int{}}
	kinds := []string{}
	for gvk, goType := range scheme.Scheme.AllKnownTypes() {
		stable := gvk.Version == "v1" || gvk.Version == "v2"
		if !stable || strings.HasSuffix(gvk.Kind, "List") || goType.PkgPath() == "k8s.io/apimachinery/pkg/apis/meta/v1" {
			continue
		}
		kinds = append(kinds, fmt.Sprintf("%s/%s/%s", gvk.Group, gvk.Version, gvk.Kind))
	}
	sort.Strings(kinds)
	known := map[string]reflect.Type{}
	for gvk, goType := range scheme.Scheme.AllKnownTypes() {
		known[fmt.Sprintf("%s/%s/%s", gvk.Group, gvk.Version, gvk.Kind)] = goType
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	options := t.message(reflect.TypeOf(metav1.DeleteOptions{}))
	ofKind := []string{fmt.Sprintf("*/*/DeleteOptions\t%d", options)}
	for _, kind := range kinds {
		ofKind = append(ofKind, fmt.Sprintf("%s\t%d", kind, t.message(known[kind])))
	}
	for _, line := range t.text {
		fmt.Fprintln(out, line)
	}
	for _, line := range ofKind {
		fmt.Fprintln(out, line)
	}
}

// message returns the line of a type, after writing it if it is new.
func (t *table) message(goType reflect.Type) int {
	if line, ok := t.lines[goType]; ok {
		return line
	}
	line := len(t.text)
	t.lines[goType] = line
	t.text = append(t.text, "")
	fields := []string{goType.Name()}
	for i := 0; i < goType.NumField(); i++ {
		field := goType.Field(i)
		tag := strings.Split(field.Tag.Get("protobuf"), ",")
		if len(tag) < 2 {
			continue
		}
		name, rest, _ := strings.Cut(field.Tag.Get("json"), ",")
		marks := ""
		fieldType := field.Type
		if fieldType.Kind() == reflect.Pointer {
			marks = "?"
			fieldType = fieldType.Elem()
		}
		if !strings.Contains(rest, "omitempty") && !strings.Contains(rest, "omitzero") {
			marks += "!"
		}
		fields = append(fields, fmt.Sprintf("%s:%s:%s%s", tag[1], name, marks, t.value(fieldType)))
	}
	t.text[line] = strings.Join(fields, "\t")
	return line
}

// value describes a type that is no pointer.
func (t *table) value(goType reflect.Type) string {
	if goType.Kind() == reflect.Pointer {
		goType = goType.Elem()
	}
	switch goType.PkgPath() + "." + goType.Name() {
	case "k8s.io/apimachinery/pkg/apis/meta/v1.Time":
		return "t"
	case "k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime":
		return "u"
	case "k8s.io/apimachinery/pkg/api/resource.Quantity":
		return "q"
	case "k8s.io/apimachinery/pkg/util/intstr.IntOrString":
		return "o"
	case "k8s.io/apimachinery/pkg/runtime.RawExtension":
		return "r"
	case "k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1":
		return "f"
	}
	switch goType.Kind() {
	case reflect.String:
		return "s"
	case reflect.Int32, reflect.Int64, reflect.Int, reflect.Uint32, reflect.Uint64:
		return "i"
	case reflect.Bool:
		return "b"
	case reflect.Float64:
		return "d"
	case reflect.Slice:
		if goType.Elem().Kind() == reflect.Uint8 {
			return "y"
		}
		if goType.Name() == "ExtraValue" {
			return "x"
		}
		return "[" + t.value(goType.Elem())
	case reflect.Map:
		return "{" + t.value(goType.Elem())
	case reflect.Struct:
		return fmt.Sprintf("@%d", t.message(goType))
	}
	panic("a type that has no place in the table: " + goType.String())
}
