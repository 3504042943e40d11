//! Compiling and asking one rule.

use std::sync::{Arc, OnceLock};

use kube_cel::cel::{Context, IdedExpr, Value as Cel, objects::OptionalValue};

use serde_json::Value;

use super::{
    compared::Compared,
    likened::{Compares, liken},
    likeness::Likeness,
    reach::Reach,
};
use crate::apiserver::types::{
    cel::{self, Failure},
    schema::Schema,
};

/// The programs of one rule, compiled when it is first asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Programs {
    rule: Arc<OnceLock<Result<Arc<Compiled>, Refused>>>,
    message: Arc<OnceLock<Option<Arc<Compiled>>>>,
    is_blameless: Arc<OnceLock<()>>,
}

/// Why a rule cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is no expression, or one that does not fit.
    Rule(String),
    /// No rule of the schema can be.
    Schema(&'static str),
}

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Compiled {
    expression: IdedExpr,
    pub(super) uses_old_self: bool,
    /// How far it looks into the value, and into the old one.
    pub(super) reach: Reach,
    pub(super) old_reach: Reach,
    pub(super) compared: Compared,
    compares: Vec<Compares>,
}

impl Programs {
    /// What the interpreter's own parser says of a text that is no expression.
    pub(crate) fn problem(text: &str) -> Option<String> {
        cel::read_expression(text, None).err()
    }

    /// Lets a rule be refused instead of asked.
    pub(crate) fn refuse(&self, why: Refused) {
        // a rule that has been compiled already stays
        let _ = self.rule.set(Err(why));
    }

    /// Does without the expression that makes the message. The compiler ends there, so no field is blamed either.
    pub(crate) fn refuse_message(&self) {
        let _ = self.message.set(None);
        let _ = self.is_blameless.set(());
    }

    /// Whether the rule blames the value that it stands on, whatever path it has.
    pub(super) fn is_blameless(&self) -> bool {
        self.is_blameless.get().is_some()
    }

    /// A rule of a schema.
    pub(super) fn rule(
        &self,
        text: &str,
        schema: &Schema,
        is_old_wrapped: bool,
    ) -> Result<Arc<Compiled>, Refused> {
        let compiled = self.rule.get_or_init(|| {
            let refused = |why| Refused::Rule(format!("compilation failed: {why}"));
            let optional = is_old_wrapped.then_some("oldSelf");
            let compiled = cel::read_expression(text, optional)
                .map(|expression| Compiled::of_rule(expression, schema, is_old_wrapped));
            compiled.map(Arc::new).map_err(refused)
        });
        compiled.clone()
    }

    /// What makes the message of a rule.
    pub(super) fn message(&self, text: &str, schema: &Schema) -> Option<Arc<Compiled>> {
        let compiled = self.message.get_or_init(|| {
            let expression = cel::read_expression(text, None).ok()?;
            Some(Arc::new(Compiled::of_rule(expression, schema, false)))
        });
        compiled.clone()
    }
}

impl Compiled {
    fn of_rule(mut expression: IdedExpr, schema: &Schema, is_old_wrapped: bool) -> Self {
        let compared = Compared::of(&expression);
        let compares = liken(&mut expression, schema, is_old_wrapped);
        Self {
            compared,
            ..Self::new(expression, compares)
        }
    }

    fn new(mut expression: IdedExpr, compares: Vec<Compares>) -> Self {
        cel::tell_first_mistakes(&mut expression);
        Self {
            uses_old_self: expression.references().has_variable("oldSelf"),
            reach: Reach::of(&expression, "self"),
            old_reach: Reach::of(&expression, "oldSelf"),
            compared: Compared::default(),
            compares,
            expression,
        }
    }

    /// Adds the variables that hold what the expression compares by.
    pub(super) fn add_likenesses(&self, context: &mut Context<'_>, is_old_given: bool) {
        for Compares {
            variable,
            likeness,
            with_old,
        } in &self.compares
        {
            let likeness = if is_old_given { with_old } else { likeness };
            let held: Arc<Likeness> = Arc::clone(likeness);
            context.add_variable_from_value(variable, Cel::Opaque(held));
        }
    }

    /// Whether the expression looks at the value at all.
    pub(super) fn looks_at_self(&self) -> bool {
        match &self.reach {
            Reach::Whole => true,
            Reach::Fields(fields) => !fields.is_empty(),
        }
    }

    /// The field that the expression looks for in a value that can have none.
    pub(super) fn missing_field(&self, value: &Value) -> Option<&str> {
        match &self.reach {
            Reach::Fields(fields) if !value.is_object() => fields.keys().next().map(String::as_str),
            _ => None,
        }
    }

    pub(super) fn ask(&self, context: &Context<'_>) -> Result<Cel, Failure> {
        Cel::resolve(&self.expression, context).map_err(|error| Failure::of(&error))
    }
}

/// `oldSelf` of a rule that is asked with and without an old value.
pub(super) fn optional(value: Option<Cel>) -> Cel {
    let value = value.map_or_else(OptionalValue::none, OptionalValue::of);
    Cel::Opaque(Arc::new(value))
}
