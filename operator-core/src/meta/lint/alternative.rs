//! Alternatives restrict what a place has; they introduce and describe nothing.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray,
};

use super::Findings;

pub(super) fn check(schema: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    for (keyword, branches) in [
        ("oneOf", &schema.one_of),
        ("anyOf", &schema.any_of),
        ("allOf", &schema.all_of),
    ] {
        if keyword == "anyOf" && is_int_or_string(branches.as_deref()) {
            continue;
        }
        for branch in branches.iter().flatten() {
            one(branch, schema, at, keyword, findings);
        }
    }
    if let Some(not) = &schema.not {
        one(not, schema, at, "not", findings);
    }
}

/// The one alternative of types that the server takes: exactly these two, in this order.
fn is_int_or_string(branches: Option<&[JSONSchemaProps]>) -> bool {
    let only = |type_: &str| JSONSchemaProps {
        type_: Some(type_.into()),
        ..JSONSchemaProps::default()
    };
    branches.is_some_and(|branches| *branches == [only("integer"), only("string")])
}

fn one(
    branch: &JSONSchemaProps,
    owner: &JSONSchemaProps,
    at: &str,
    keyword: &str,
    findings: &mut Findings<'_>,
) {
    let forbidden = [
        ("type", branch.type_.is_some()),
        ("description", branch.description.is_some()),
        ("title", branch.title.is_some()),
        ("default", branch.default.is_some()),
        ("nullable", branch.nullable == Some(true)),
        ("additionalProperties", branch.additional_properties.is_some()),
        (
            "x-kubernetes-preserve-unknown-fields",
            branch.x_kubernetes_preserve_unknown_fields.is_some(),
        ),
        (
            "x-kubernetes-embedded-resource",
            branch.x_kubernetes_embedded_resource == Some(true),
        ),
        (
            "x-kubernetes-int-or-string",
            branch.x_kubernetes_int_or_string == Some(true),
        ),
        ("x-kubernetes-list-type", branch.x_kubernetes_list_type.is_some()),
        (
            "x-kubernetes-list-map-keys",
            branch.x_kubernetes_list_map_keys.is_some(),
        ),
        ("x-kubernetes-map-type", branch.x_kubernetes_map_type.is_some()),
        (
            "x-kubernetes-validations",
            branch.x_kubernetes_validations.is_some(),
        ),
    ];
    for (word, given) in forbidden {
        if given {
            findings.refused(
                at,
                format!("has `{word}` in `{keyword}`, where only restrictions are allowed"),
            );
        }
    }
    let nothing = JSONSchemaProps::default();
    for (name, property) in branch.properties.iter().flatten() {
        let known = owner.properties.as_ref().and_then(|all| all.get(name));
        if known.is_none() && owner.additional_properties.is_none() {
            findings.useless(
                at,
                format!("restricts `{name}` in `{keyword}` and does not have it"),
            );
        }
        let below = format!("{at}.{name}");
        one(property, known.unwrap_or(&nothing), &below, keyword, findings);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &branch.items {
        let known = match &owner.items {
            Some(JSONSchemaPropsOrArray::Schema(known)) => known,
            Some(JSONSchemaPropsOrArray::Schemas(_)) | None => &nothing,
        };
        one(items, known, &format!("{at}[*]"), keyword, findings);
    }
    for (inner, branches) in [
        ("oneOf", &branch.one_of),
        ("anyOf", &branch.any_of),
        ("allOf", &branch.all_of),
    ] {
        if inner == "anyOf" && keyword == "allOf" && is_int_or_string(branches.as_deref()) {
            continue;
        }
        for branch in branches.iter().flatten() {
            one(branch, owner, at, inner, findings);
        }
    }
    if let Some(not) = &branch.not {
        one(not, owner, at, "not", findings);
    }
}
