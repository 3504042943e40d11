// Command cel-functions prints the functions of CEL as a kube-apiserver knows them: the table in ../../../data/cel-functions.tsv.
//
// A line is an overload: the function, the overload's name, how it is called (function or method; of a method the first argument
// is what it is called on), the types of its arguments and of its result, separated by tabs.
package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"
)

func main() {
	functions := environment.MustBaseEnvSet(version.MajorMinor(1, 36)).NewExpressionsEnv().Functions()
	names := []string{}
	for name, function := range functions {
		if !function.IsDeclarationDisabled() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, overload := range functions[name].OverloadDecls() {
			style := "function"
			if overload.IsMemberFunction() {
				style = "method"
			}
			fmt.Println(strings.Join([]string{
				name, overload.ID(), style, list(overload.ArgTypes()), checker.FormatCELType(overload.ResultType()),
			}, "\t"))
		}
	}
}

func list(kinds []*types.Type) string {
	texts := []string{}
	for _, kind := range kinds {
		texts = append(texts, checker.FormatCELType(kind))
	}
	return strings.Join(texts, ", ")
}
