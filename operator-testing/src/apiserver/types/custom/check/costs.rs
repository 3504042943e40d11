//! What rules cost, as `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel` of Kubernetes 1.36 estimates it.

use serde_json::{Value, json};

use super::declare::declare;
use crate::apiserver::types::cel::{Variables, check, estimate};

fn schema() -> Value {
    let letters = |most: u64| json!({"type": "string", "maxLength": most});
    let list = |most: u64, of: Value| json!({"type": "array", "maxItems": most, "items": of});
    let object = |fields: Value| json!({"type": "object", "properties": fields});
    let deep = object(json!({"x": list(3, letters(9)), "y": {"type": "integer"}}));
    let element = object(json!({
        "a": letters(3),
        "d": list(6, letters(4)),
        "c": list(8, letters(5)),
        "deep": object(json!({"c": list(2, deep)})),
    }));
    json!({"type": "object", "required": ["s"], "properties": {
        "s": letters(10),
        "t": letters(25),
        "endless": {"type": "string"},
        "choice": {"type": "string", "enum": ["a", "bcd"]},
        "n": {"type": "integer"},
        "b": {"type": "boolean"},
        "either": {"x-kubernetes-int-or-string": true, "maxLength": 5},
        "when": {"type": "string", "format": "date-time"},
        "raw": {"type": "string", "format": "byte", "maxLength": 30},
        "l": list(7, letters(10)),
        "free": {"type": "array", "items": {"type": "integer"}},
        "m": {"type": "object", "maxProperties": 4, "additionalProperties": letters(20)},
        "o": list(5, element),
    }})
}

#[test]
fn rules_cost_what_a_real_server_estimates() {
    let value = declare(&schema(), false).expect("an object can be declared");
    let variables = Variables {
        value: &value,
        is_old_optional: false,
    };
    let differences: Vec<_> = COSTS
        .iter()
        .map(|(rule, cost)| {
            let checked = check(rule, variables).unwrap_or_else(|why| panic!("{rule}: {why:?}"));
            (*rule, *cost, estimate(&checked, &value))
        })
        .filter(|(_, expected, found)| expected != found)
        .collect();
    assert_eq!(differences, []);
}

const COSTS: &[(&str, u64)] = &[
    ("true", 0),
    ("has(self.s) && self.b", 3),
    ("self.s == self.t", 8),
    ("self.s != 'abc' || self.endless < self.t", 17),
    ("self.choice == self.endless", 5),
    ("self.s + self.t == 'a'", 19),
    ("self.s.contains(self.t)", 44),
    ("self.s.startsWith(self.endless)", 314577),
    ("self.s.matches('^[a-z]+$')", 12),
    ("self.endless.matches(self.t)", 7864329),
    ("self.s.lowerAscii().trim().substring(1, 3) == 'x'", 15),
    ("self.s.replace('a', self.t).size() > 3", 14),
    (
        "self.s.replace('', self.t).contains('abcdefghijklmnopqrstuvwxyz')",
        1254,
    ),
    (
        "self.s.replace('abc', 'd').contains('abcdefghijklmnopqrstuvwxyz')",
        22,
    ),
    ("self.s.split(',').all(x, x == 'abcdefghijklmnop')", 171),
    ("self.s.split(',', 3).exists(x, x.contains('a'))", 26),
    ("self.s.split(',', -1).size() == 2", 12),
    ("self.l.join(', ').contains(self.t)", 334),
    ("self.s.find('[a-z]+') == 'abc'", 13),
    ("self.s.findAll(self.t).size() == 3", 131),
    ("'%s'.format([self.s]) == 'abc'", 14),
    ("strings.quote(self.s) == self.endless", 17),
    ("string(bytes(self.s)) == self.endless", 40),
    ("self.raw == bytes(self.t)", 17),
    ("self.l.all(x, x.contains('ab'))", 59),
    ("self.l.exists(x, x == self.s)", 80),
    ("self.l.exists_one(x, x.startsWith('abcdefghijklmnop'))", 39),
    ("self.l.map(x, x + self.t).all(y, y == self.endless)", 259),
    (
        "self.l.filter(x, x.size() > 2).exists(y, y.contains('abcdefghijklmnop'))",
        161,
    ),
    ("self.l.map(x, x.size() > 2, x).size() == 2", 127),
    ("self.l.all(i, x, i > 0 && x.contains('abcdefghijklmnop'))", 101),
    ("self.l.transformList(i, x, x.size())[0] > 1", 113),
    ("self.m.transformMap(k, v, v.size()).size() == 2", 55),
    ("self.m.transformMapEntry(k, v, {v: k}).size() == 2", 171),
    ("self.m.all(k, self.m[k].contains('abcdefghijklmnop'))", 95),
    ("self.m.all(k, v, k == v)", 23),
    ("self.s in self.l", 11),
    ("self.s in self.m", 5),
    ("self.m['a'] == self.m.b", 14),
    ("self.l[0] == self.l[1]", 10),
    ("self.l + ['a', self.t] == self.l", 18),
    ("[self.s, self.t].all(x, x.contains('abcdefghijklmnop'))", 23),
    (
        "{'a': self.s, self.t: 'b'}.all(k, k.contains('abcdefghijklmnop'))",
        43,
    ),
    (
        "(self.b ? self.l : [self.t]).all(x, x.contains('abcdefghijklmnop'))",
        43,
    ),
    ("self.b ? self.s.contains(self.t) : self.n > 1", 46),
    ("self.l.sort() == self.l.distinct().reverse()", 292),
    (
        "self.free.sort().slice(1, 3)[0] == self.free.sum()",
        4947797606430,
    ),
    (
        "self.l.isSorted() && self.l.max() == self.l.min() && self.l.indexOf('a') > 0",
        1844674407370955413,
    ),
    ("self.s.indexOf('a') == self.s.lastIndexOf('b')", 13),
    ("[self.l, self.l].flatten().size() > lists.range(10).size()", 51),
    ("self.o.sortBy(e, e.a).size() == 2", 161),
    (
        "sets.contains(self.l, ['a', 'b']) && sets.equivalent(self.l, self.l) && sets.intersects(self.l, self.l)",
        184,
    ),
    (
        "url(self.endless).getHost() == 'a' && isURL(self.t) && url(self.t) == url(self.s)",
        314602,
    ),
    (
        "quantity(self.s).isLessThan(quantity(self.t)) && quantity('1') == quantity('2') && isQuantity(self.endless)",
        314597,
    ),
    ("quantity('1') != quantity('2')", 1844674407370955266),
    (
        "ip(self.s) == ip(self.t) && ip.isCanonical(self.endless) && isIP(self.t)",
        629179,
    ),
    (
        "cidr(self.s).containsIP(self.t) && cidr(self.s).containsIP(ip(self.t)) && cidr(self.s).containsCIDR(self.t) && cidr(self.s).ip().family() == 4",
        78,
    ),
    (
        "semver(self.s).major() == 1 && semver('1.0.0') == semver('1.0.1') && isSemver(self.t)",
        23,
    ),
    (
        "!format.dns1123Label().validate(self.s).hasValue() && format.named(self.t).hasValue() && format.uri() == format.date()",
        146,
    ),
    (
        "self.either == dyn('a') && type(self.either) == string && string(self.either).contains('a')",
        14,
    ),
    ("int(self.either) > self.n && self.n + 1 > 2 && -self.n < 3", 14),
    (
        "self.when < timestamp('2020-01-01T00:00:00Z') && self.when.getFullYear() > 2000",
        8,
    ),
    (
        "self.?s.orValue('a') == self.t && self.?s.optMap(v, v.contains('ab')).orValue(true)",
        1844674407370955298,
    ),
    ("self.?m[?'k'].orValue('a') == 'abcdefghijklmnop'", 6),
    (
        "self == oldSelf && self.o == oldSelf.o && self.m == oldSelf.m",
        12,
    ),
    ("self.o.all(e, e.a == self.s && e.d.all(x, x.contains(e.a)))", 663),
    (
        "self.o.all(e, e.deep.c.all(z, z.x.all(w, z.y > 0 && w.contains('abcdefghijklmnop'))))",
        98,
    ),
    ("self.o.all(e, e.d.exists(x, e.c.exists(y, x == y)))", 2873),
    ("self.free.all(x, self.free.all(y, x == y))", 12369499521026),
    (
        "self.endless.contains(self.endless) && self.endless.matches(self.endless)",
        346346445873,
    ),
    (
        "[].all(x, x) || ['a'].all(x, x == 'abcdefghijklmnopqrstuvwxyz')",
        26,
    ),
];
