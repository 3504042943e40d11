//! Limits on single values: which became tighter.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;

/// What the new schema refuses that the old one allowed, a sentence each.
pub(super) fn tighter(old: &JSONSchemaProps, new: &JSONSchemaProps) -> Vec<String> {
    let mut found = Vec::new();
    numbers(old, new, &mut found);
    sizes(old, new, &mut found);
    words(old, new, &mut found);
    enumeration(old, new, &mut found);
    found
}

fn numbers(old: &JSONSchemaProps, new: &JSONSchemaProps, found: &mut Vec<String>) {
    let exclusive = |flag: Option<bool>| flag == Some(true);
    if let Some(is) = new.minimum {
        let (before, now) = (exclusive(old.exclusive_minimum), exclusive(new.exclusive_minimum));
        if old
            .minimum
            .is_none_or(|was| is > was || (is.total_cmp(&was).is_eq() && now && !before))
        {
            found.push(format!(
                "must be {} {is}",
                if now { "more than" } else { "at least" }
            ));
        }
    }
    if let Some(is) = new.maximum {
        let (before, now) = (exclusive(old.exclusive_maximum), exclusive(new.exclusive_maximum));
        if old
            .maximum
            .is_none_or(|was| is < was || (is.total_cmp(&was).is_eq() && now && !before))
        {
            found.push(format!(
                "must be {} {is}",
                if now { "less than" } else { "at most" }
            ));
        }
    }
    if let Some(is) = new.multiple_of
        && old.multiple_of.is_none_or(|was| was % is != 0.0)
    {
        found.push(format!("must be a multiple of {is}"));
    }
}

fn sizes(old: &JSONSchemaProps, new: &JSONSchemaProps, found: &mut Vec<String>) {
    for (what, was, is) in [
        ("characters", old.min_length, new.min_length),
        ("elements", old.min_items, new.min_items),
        ("keys", old.min_properties, new.min_properties),
    ] {
        if let Some(is) = is
            && is > was.unwrap_or(0)
        {
            found.push(format!("must have at least {is} {what}"));
        }
    }
    for (what, was, is) in [
        ("characters", old.max_length, new.max_length),
        ("elements", old.max_items, new.max_items),
        ("keys", old.max_properties, new.max_properties),
    ] {
        if let Some(is) = is
            && was.is_none_or(|was| is < was)
        {
            found.push(format!("must have at most {is} {what}"));
        }
    }
    if new.unique_items == Some(true) && old.unique_items != Some(true) {
        found.push("must not have one element twice".into());
    }
}

fn words(old: &JSONSchemaProps, new: &JSONSchemaProps, found: &mut Vec<String>) {
    if let Some(is) = &new.pattern
        && old.pattern.as_ref() != Some(is)
    {
        found.push(match &old.pattern {
            Some(was) => format!("must match `{is}` instead of `{was}`, and patterns cannot be compared"),
            None => format!("must match `{is}`"),
        });
    }
    if let Some(is) = &new.format
        && old.format.as_ref() != Some(is)
        && !wider_format(old.format.as_deref(), is)
    {
        found.push(match &old.format {
            Some(was) => format!("must be {is} instead of {was}"),
            None => format!("must be {is}"),
        });
    }
}

fn wider_format(was: Option<&str>, is: &str) -> bool {
    // The server checks these; unsigned ones are a hint to it, their limit is a minimum.
    const CHECKED: [&str; 24] = [
        "bsonobjectid",
        "byte",
        "cidr",
        "creditcard",
        "date",
        "date-time",
        "datetime",
        "duration",
        "email",
        "float",
        "hexcolor",
        "hostname",
        "int32",
        "ipv4",
        "ipv6",
        "isbn",
        "isbn10",
        "isbn13",
        "mac",
        "rgbcolor",
        "ssn",
        "uri",
        "uuid",
        "uuid4",
    ];
    !CHECKED.contains(&is) || matches!((was, is), (Some("int32"), "int64") | (Some("float"), "double"))
}

fn enumeration(old: &JSONSchemaProps, new: &JSONSchemaProps, found: &mut Vec<String>) {
    let Some(is) = &new.enum_ else { return };
    match &old.enum_ {
        None => {
            let values = is
                .iter()
                .map(|value| value.0.to_string())
                .collect::<Vec<_>>()
                .join(", ");
            found.push(format!("must be one of {values}"));
        }
        Some(was) => {
            for value in was.iter().filter(|value| !is.contains(value)) {
                found.push(format!("cannot be {} any more", value.0));
            }
        }
    }
}
