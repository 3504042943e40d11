"""Random expressions in CEL and what they give.

A definition has a dozen rules that never hold, each with an expression that makes its message, so that one refused object shows a
dozen values. Other rules are expressions themselves: they hold, do not, or cannot be asked. Expressions are drawn by their types from
the grammar below; few of them do not compile, and what is said of those is compared too.
"""
import re

# What an expression of a type may be made of: `{type}` is any expression of that type. `isInteger()` and `asInteger()` of quantities are
# left out: they hang on how Go keeps a number inside (docs/fidelity.md).
GRAMMAR = {
    "int": "0 | 1 | -1 | 2 | 7 | 1000 | 9223372036854775807 | self.i | self.i | self.l[0] | {int} + {int} | {int} - {int} | {int} * {int} | {int} / {int} |"
           " {int} % {int} | -{int} | size({text}) | {text}.size() | {ints}.size() | size({map}) | {ints}.sum() | {ints}.min() | {ints}.max() |"
           " {ints}.indexOf({int}) | {ints}.lastIndexOf({int}) | {text}.indexOf({text}) | {text}.lastIndexOf({text}) | {text}.indexOf({text}, {small}) |"
           " int({double}) | int({digits}) | int({uint}) | int({time}) | {bool} ? {int} : {int} | {map}[{key}] | {maybe}.orValue({int}) | {maybe}.value() |"
           " {time}.getFullYear() | {time}.getMonth() | {time}.getDayOfYear() | {time}.getHours() | {time}.getDate({zone}) | {time}.getHours({zone}) |"
           " {time}.getDayOfWeek() | {time}.getMilliseconds() | {span}.getHours() | {span}.getMinutes() | {span}.getSeconds() | {span}.getMilliseconds() |"
           " {quantity}.sign() | {quantity}.compareTo({quantity}) | {semver}.major() | {semver}.compareTo({semver}) |"
           " {cidr}.prefixLength() | {ip}.family() | {texts}.size() | {ints}.first().orValue(0) | {ints}.last().orValue(0) | self.o.n",
    "small": "0 | 1 | 2 | 3",
    "uint": "0u | 1u | 7u | {uint} + {uint} | {uint} - {uint} | {uint} * {uint} | {uint} / {uint} | uint({int}) | uint({double}) | uint({digits})",
    "double": "0.0 | 1.5 | -2.25 | 1e21 | 1e-7 | self.d | self.d | {double} + {double} | {double} - {double} | {double} * {double} | {double} / {double} |"
              " -{double} | double({int}) | double({digits}) | double({uint}) | {quantity}.asApproximateFloat() | [{double}, {double}].max() | [{double}, {double}].sum()",
    "bool": "true | false | self.b | self.b | !{bool} | {bool} && {bool} | {bool} || {bool} | {int} < {int} | {int} == {int} | {int} != {int} | {double} <= {double} |"
            " {double} == {double} | {uint} > {uint} | {text} == {text} | {text} < {text} | {text}.contains({text}) | {text}.startsWith({text}) | {text}.endsWith({text}) |"
            " {text}.matches({regex}) | {int} in {ints} | {text} in {texts} | {key} in {map} | {ints} == {ints} | {texts} == {texts} | {map} == {map} |"
            " {ints}.all(x, x > {int}) | {ints}.exists(x, x == {int}) | {ints}.exists_one(x, x > {int}) | {map}.all(k, k != {key}) | {map}.exists(k, v, v > {int}) |"
            " {ints}.all(i, x, i <= x) | {ints}.isSorted() | {texts}.isSorted() | has(self.s) | has(self.o.a) | has(self.m.a) | {maybe}.hasValue() |"
            " {time} < {time} | {time} == {time} | {span} < {span} | {bytes} == {bytes} | bool({truth}) | {quantity}.isGreaterThan({quantity}) |"
            " {quantity} == {quantity} | isQuantity({amount}) | isIP({address}) | {ip}.isLoopback() | {ip}.isGlobalUnicast() |"
            " {cidr}.containsIP({ip}) | {cidr}.containsCIDR({cidr}) | isCIDR({range}) | isURL({link}) | isSemver({version}) | {semver}.isLessThan({semver}) |"
            " !format.dns1123Label().validate({text}).hasValue() | format.uuid().validate({text}).hasValue() | sets.contains({ints}, {ints}) |"
            " sets.intersects({ints}, {ints}) | sets.equivalent({ints}, {ints}) | dyn({int}) == dyn({double}) | {set} == {texts} | type({int}) == int | self.set == {texts}",
    "text": "'' | 'a' | 'abc' | 'Ünï' | 'a-b.c' | ' x ' | '%s' | self.s | self.s | self.t[0] | {text} + {text} | string({int}) | string({double}) | string({bool}) |"
            " string({uint}) | string({time}) | string({span}) | string({bytes}) | {text}.lowerAscii() | {text}.upperAscii() | {text}.trim() | {text}.replace({text}, {text}) |"
            " {text}.replace({text}, {text}, {small}) | {text}.substring({small}) | {text}.substring({small}, {small}) | {text}.charAt({small}) | {texts}.join({text}) |"
            " {texts}.join() | {text}.find({regex}) | {bool} ? {text} : {text} | '%s'.format([{any}]) | '%d|%s'.format([{int}, {text}]) | '%.2f'.format([{double}]) |"
            " '%e'.format([{double}]) | '%x'.format([{int}]) | '%b'.format([{bool}]) | {link}.size() > 3 ? {url}.getHost() : 'x' | {url}.getScheme() | {url}.getEscapedPath() |"
            " {url}.getPort() | {text}.reverse() | strings.quote({text}) | string({ip}) | string({cidr}) | self.o.?a.orValue('none') | string(type({any}))",
    "ints": "[] | [1] | [3, 1, 2] | [2, 2, 2] | self.l | self.l | {ints} + {ints} | [{int}, {int}] | {ints}.map(x, x * {int}) | {ints}.filter(x, x > {int}) |"
            " {ints}.map(x, x > {int}, x + 1) | {bool} ? {ints} : {ints} | {ints}.slice({small}, {small}) | {ints}.distinct() | {ints}.sort() | {ints}.reverse() |"
            " {map}.map(k, {int}) | [[1], [2, 3]].flatten() | {ints}.sortBy(x, -x) | {ints}.transformList(i, x, i + x) | lists.range({small}) | {texts}.map(x, x.size())",
    "texts": "['a'] | ['b', 'a', 'b'] | self.t | self.t | {texts} + {texts} | {text}.split({text}) | {text}.split({text}, {small}) | {texts}.filter(x, x != {text}) |"
             " {texts}.map(x, x + {text}) | {text}.findAll({regex}) | {texts}.sort() | {texts}.distinct() | {map}.map(k, k).sort() | self.set | {ints}.map(x, string(x))",
    "set": "self.set | self.set + {texts}",
    "map": "{{'a': 1}} | {{'b': 2, 'a': 1}} | self.m | self.m | {{{text}: {int}}} | {map}.transformMap(k, v, v + {int}) | {map}.transformMap(k, v, v > 0, v)",
    "maybe": "{map}[?{key}] | optional.of({int}) | optional.none() | self.?i | {maybe}.or({maybe}) | optional.ofNonZeroValue({int}) | {ints}[?{small}] |"
             " {maybe}.optMap(x, x + 1) | self.o.?n",
    "key": "'a' | 'b' | 'zz' | {text}",
    "time": "timestamp('2024-02-29T12:34:56Z') | timestamp('2023-12-31T23:59:59.123456789+05:30') | self.at | self.at | {time} + {span} | {time} - {span} | timestamp({int})",
    "span": "duration('1h') | duration('-1.5s') | duration('90m') | duration('1ms') | self.took | self.took | {span} + {span} | {span} - {span} | {time} - {time}",
    "zone": "'UTC' | 'America/New_York' | '+02:00' | '-08:30' | 'Nowhere/City'",
    "bytes": "b'abc' | b'' | self.raw | bytes({text}) | {bytes} + {bytes}",
    "regex": "'^a' | '[a-c]+' | 'b$' | '.' | '[0-9]{{1,2}}' | '(?i)A' | 'x*'",
    "digits": "'1' | '-7' | '007' | '1.5' | 'x' | '' | '99999999999999999999' | self.s",
    "truth": "'true' | 'False' | 't' | '1' | 'yes' | {text}",
    "amount": "'1' | '1.5Gi' | '100m' | '1e3' | '-2' | 'x' | '1Ki' | '0.5'",
    "quantity": "quantity('1') | quantity('1.5Gi') | quantity('100m') | quantity('1e3') | quantity('-2') | quantity('1024') | {quantity}.add({quantity}) |"
                " {quantity}.sub({quantity}) | {quantity}.add({int})",
    "address": "'10.0.0.1' | '::1' | 'fe80::1' | '1.2.3' | '127.0.0.1' | '::ffff:1.2.3.4'",
    "ip": "ip('10.0.0.1') | ip('::1') | ip('fe80::1') | ip('127.0.0.1') | {cidr}.ip()",
    "range": "'10.0.0.0/8' | '::/0' | '10.0.0.1/33' | '192.168.1.1/24'",
    "cidr": "cidr('10.0.0.0/8') | cidr('192.168.1.1/24') | cidr('::/0') | {cidr}.masked()",
    "link": "'https://h.example:80/p/q?a=1#f' | 'x' | '/p' | 'http://[::1]:9/'",
    "url": "url('https://h.example:80/p/q?a=1#f') | url('http://[::1]:9/')",
    "version": "'1.2.3' | 'v1.2.3' | '1.2' | '1.2.3-rc.1+b'",
    "semver": "semver('1.2.3') | semver('1.2.3-rc.1') | semver('10.0.0')",
}
CHOICES = {kind: [form.strip() for form in forms.split(" | ")] for kind, forms in GRAMMAR.items()}
# How a value of a type becomes the text of a message.
SHOWN = {"text": "{}", "int": "string({})", "uint": "string({})", "double": "string({})", "bool": "string({})", "time": "string({})", "span": "string({})",
         "bytes": "string({})", "ints": "'%s'.format([{}])", "texts": "'%s'.format([{}])", "map": "'%s'.format([{}])", "maybe": "string({}.hasValue())",
         "ip": "string({})", "cidr": "string({})"}
ANY = ["int", "text", "bool", "double", "ints", "texts", "map", "time", "span", "bytes", "uint"]
OPEN = re.compile(r"\{(\w+)\}")
LIMITED = {"type": "string", "maxLength": 8}
SPEC = {"type": "object", "properties": {
    "i": {"type": "integer"}, "d": {"type": "number"}, "b": {"type": "boolean"}, "s": LIMITED,
    "l": {"type": "array", "items": {"type": "integer"}, "maxItems": 4},
    "t": {"type": "array", "items": LIMITED, "maxItems": 4},
    "set": {"type": "array", "items": LIMITED, "maxItems": 4, "x-kubernetes-list-type": "set"},
    "m": {"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": 4},
    "o": {"type": "object", "properties": {"a": LIMITED, "n": {"type": "integer"}}},
    "at": {"type": "string", "format": "date-time"}, "took": {"type": "string", "format": "duration"},
    "raw": {"type": "string", "format": "byte", "maxLength": 12},
}}
FIELDS = {"i": [0, 1, -3, 42], "d": [0.5, 2, -1.25, 1e9], "b": [True, False], "s": ["", "a", "abc", "B-1", "é"], "l": [[], [1], [3, 1, 2], [0, -1, 5, 5]],
          "t": [[], ["a"], ["b", "a"], ["x", "x", ""]], "set": [["a"], ["b", "a"]], "m": [{}, {"a": 1}, {"b": 2, "a": -1}],
          "o": [{}, {"a": "x"}, {"n": 5}, {"a": "", "n": 0}], "at": ["2024-05-06T07:08:09Z", "2024-05-06T07:08:09.5+02:00"],
          "took": ["1h30m", "250ms", "-2s"], "raw": ["YWJj", ""]}


def expression(dice, kind, depth=0):
    """An expression of a type; the deeper it is, the plainer."""
    if kind == "any":
        kind = dice.choice(ANY)
    forms = CHOICES[kind]
    if depth > 2:
        forms = [form for form in forms if not OPEN.search(form)] or forms
    made = dice.choice(forms)
    made = OPEN.sub(lambda inner: bracketed(expression(dice, inner.group(1), depth + 1)), made)
    return made.replace("{{", "{").replace("}}", "}")


def bracketed(text):
    """An expression that a method can be called of, whatever it is."""
    return text if re.fullmatch(r"[\w.]+|'[^']*'|\[[^\[\]]*\]|\w+\('[^']*'\)", text) else "(" + text + ")"


def rule(dice):
    if dice.random() < 0.35:
        return {"rule": expression(dice, "bool")}
    kind = dice.choice(sorted(SHOWN))
    return {"rule": "false", "messageExpression": SHOWN[kind].replace("{}", expression(dice, kind))}


def definition(plural, rules):
    group = "${ns}.example.com"
    schema = {"type": "object", "properties": {"spec": {**SPEC, "x-kubernetes-validations": rules}}}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": plural + "." + group},
            "spec": {"group": group, "scope": "Namespaced", "names": {"plural": plural, "kind": plural.capitalize()},
                     "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]}}


def steps(dice):
    yield {"method": "POST", "path": "/api/v1/namespaces", "body": {"metadata": {"name": "${ns}"}}, "quiet": True}
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    kept = []
    while len(kept) < 12:
        kept.append(rule(dice))
        # one by one, so that a rule that does not compile does not hide the others
        fits = yield {"method": "POST", "path": definitions, "query": {"dryRun": "All"}, "body": definition("tries", kept[-1:])}
        if not fits:
            kept.pop()
    yield {"method": "POST", "path": definitions, "body": definition("values", kept), "makes": True}
    yield {"method": "WAIT", "path": "/apis/${ns}.example.com/v1/values", "needs": True}
    for number in range(6):
        spec = {field: dice.choice(values) for field, values in FIELDS.items() if dice.random() < 0.9}
        body = {"apiVersion": "${ns}.example.com/v1", "kind": "Values", "metadata": {"name": "o%d" % number}, "spec": spec}
        yield {"method": "POST", "path": "/apis/${ns}.example.com/v1/namespaces/${ns}/values", "body": body, "needs": True}
    yield {"method": "DELETE", "path": definitions + "/values.${ns}.example.com", "needs": True, "quiet": True, "last": True}
