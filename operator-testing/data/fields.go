//go:build ignore

// Command fields prints how the Go types of the built-in kinds read and write JSON: one line per OpenAPI definition,
// its name and then, for each field, `name=CODE:TYPE` separated by tabs.
//
// CODE is P (pointer or interface), V (scalar), S (struct), L (list), M (map), B (bytes), X (a type with a JSON form of its
// own), followed by `!` if the field is written even when it is empty and `0` if a zero struct is left out.
// TYPE is the Go type as error messages show it.
//
// Run it in a module that requires k8s.io/client-go, k8s.io/apiextensions-apiserver and k8s.io/kube-aggregator:
// go run fields.go > fields.tsv
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

var unmarshaler = reflect.TypeOf((*json.Unmarshaler)(nil)).Elem()

func definition(t reflect.Type) string {
	parts := strings.SplitN(t.PkgPath(), "/", 2)
	host := strings.Split(parts[0], ".")
	for i, j := 0, len(host)-1; i < j; i, j = i+1, j-1 {
		host[i], host[j] = host[j], host[i]
	}
	return strings.Join(host, ".") + "." + strings.ReplaceAll(parts[1], "/", ".") + "." + t.Name()
}

var seen = map[reflect.Type]bool{}
var lines []string

func visit(t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		visit(t.Elem())
		return
	case reflect.Struct:
	default:
		return
	}
	if seen[t] || !strings.HasPrefix(t.PkgPath(), "k8s.io/") {
		return
	}
	seen[t] = true
	var out []string
	fields(t, &out)
	if len(out) > 0 && !reflect.PointerTo(t).Implements(unmarshaler) {
		lines = append(lines, definition(t)+"\t"+strings.Join(out, "\t"))
	}
}

func fields(t reflect.Type, out *[]string) {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		tag := strings.Split(f.Tag.Get("json"), ",")
		if tag[0] == "-" {
			continue
		}
		if f.Anonymous && tag[0] == "" && f.Type.Kind() == reflect.Struct {
			visit(f.Type)
			fields(f.Type, out)
			continue
		}
		if tag[0] == "" {
			continue
		}
		has := func(option string) bool {
			for _, o := range tag[1:] {
				if o == option {
					return true
				}
			}
			return false
		}
		visit(f.Type)
		code := ""
		switch {
		case f.Type.Kind() == reflect.Pointer || f.Type.Kind() == reflect.Interface:
			code = "P"
		case reflect.PointerTo(f.Type).Implements(unmarshaler):
			code = "X"
		case f.Type.Kind() == reflect.Struct:
			code = "S"
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Uint8:
			code = "B"
		case f.Type.Kind() == reflect.Slice:
			code = "L"
		case f.Type.Kind() == reflect.Map:
			code = "M"
		default:
			code = "V"
		}
		if !has("omitempty") {
			code += "!"
		}
		if has("omitzero") {
			code += "0"
		}
		shown := f.Type
		if shown.Kind() == reflect.Pointer {
			shown = shown.Elem()
		}
		*out = append(*out, tag[0]+"="+code+":"+shown.String())
	}
}

func main() {
	apiextensions.AddToScheme(scheme.Scheme)
	apiregistration.AddToScheme(scheme.Scheme)
	for _, t := range scheme.Scheme.AllKnownTypes() {
		visit(t)
	}
	visit(reflect.TypeOf(metav1.ObjectMeta{}))
	sort.Strings(lines)
	fmt.Fprintln(os.Stdout, strings.Join(lines, "\n"))
}
