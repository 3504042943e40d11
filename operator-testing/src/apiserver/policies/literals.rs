//! Literals of named types: `Object{...}`, `JSONPatch{...}`.
//!
//! The types have no fields of their own, so each literal is read as a map; what their names must be follows from where they
//! stand and is checked beforehand.
//!
//! Source: `k8s.io/apiserver/pkg/cel/mutation`.

use kube_cel::cel::{
    IdedExpr, Value as Cel,
    common::{
        ast::{EntryExpr, Expr, LiteralValue, MapEntryExpr, MapExpr, StructExpr},
        types::CelString,
    },
    objects::Key,
};
use serde_json::{Map, Value};

/// Makes maps of the named types in an expression, and says what is wrong with their names.
pub(super) fn read_as_maps(expression: &mut IdedExpr) -> Vec<String> {
    let mut misnamed = Vec::new();
    rewrite(expression, &Place::Free, &mut misnamed);
    misnamed
}

/// Where a literal stands.
enum Place {
    /// Nothing is expected of its name.
    Free,
    /// The name follows from the fields above.
    Named(String),
}

fn rewrite(expression: &mut IdedExpr, place: &Place, misnamed: &mut Vec<String>) {
    match &mut expression.expr {
        Expr::Struct(literal) => {
            let map = map_of(literal, place, misnamed);
            expression.expr = Expr::Map(map);
        }
        Expr::Call(call) => {
            for inner in call
                .target
                .iter_mut()
                .map(|target| &mut **target)
                .chain(&mut call.args)
            {
                rewrite(inner, place, misnamed);
            }
        }
        Expr::Comprehension(loops) => {
            for inner in [
                &mut loops.iter_range,
                &mut loops.accu_init,
                &mut loops.loop_cond,
                &mut loops.loop_step,
                &mut loops.result,
            ] {
                rewrite(inner, place, misnamed);
            }
        }
        Expr::List(list) => {
            for inner in &mut list.elements {
                rewrite(inner, place, misnamed);
            }
        }
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    rewrite(&mut entry.value, place, misnamed);
                }
            }
        }
        Expr::Select(select) => rewrite(&mut select.operand, &Place::Free, misnamed),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
    }
}

fn map_of(literal: &mut StructExpr, place: &Place, misnamed: &mut Vec<String>) -> MapExpr {
    let name = literal.type_name.trim_start_matches('.').to_owned();
    if let Place::Named(expected) = place
        && *expected != name
    {
        misnamed.push(format!(
            "unexpected type name {name:?}, expected {expected:?}, which matches field name path from root Object type"
        ));
    }
    let mut entries = std::mem::take(&mut literal.entries);
    for entry in &mut entries {
        if let EntryExpr::StructField(field) = &mut entry.expr {
            let below = if name == "JSONPatch" {
                Place::Free
            } else {
                Place::Named(format!("{name}.{}", field.field))
            };
            let mut value = std::mem::take(&mut field.value);
            rewrite(&mut value, &below, misnamed);
            let key = CelString::from(std::mem::take(&mut field.field));
            entry.expr = EntryExpr::MapEntry(MapEntryExpr {
                key: IdedExpr {
                    id: value.id,
                    expr: Expr::Literal(LiteralValue::String(key)),
                },
                value,
                optional: field.optional,
            });
        }
    }
    MapExpr { entries }
}

/// A value of an expression as JSON.
pub(super) fn to_json(value: &Cel) -> Result<Value, String> {
    Ok(match value {
        Cel::Null => Value::Null,
        Cel::Bool(flag) => (*flag).into(),
        Cel::Int(number) => (*number).into(),
        Cel::UInt(number) => (*number).into(),
        Cel::Float(number) => (*number).into(),
        Cel::String(text) => text.as_str().into(),
        Cel::List(items) => Value::Array(items.iter().map(to_json).collect::<Result<_, _>>()?),
        Cel::Map(map) => {
            let mut members = Map::new();
            for (key, value) in map.map.iter() {
                let Key::String(name) = key else {
                    return Err("unsupported key type in a map: keys must be strings".to_owned());
                };
                members.insert(name.to_string(), to_json(value)?);
            }
            members.into()
        }
        _ => return Err("the value of the expression is no part of an object".to_owned()),
    })
}
