//! Lines that answers come in, and what is said of them.

use std::fmt;

use pal::oracle::{Answered, Pair};
use pal::session::{State, Summary};
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::failure::{Failure, Result};

/// Where things stand.
pub(crate) fn summary(state: &State) -> Value {
    let Summary { answers, spent, classes, error, contradictions } = state.summary();
    json!({
        "answers": answers,
        "spent": spent,
        "classes": classes,
        "error": {
            "share": error.share, "interval": error.interval,
            "audited": error.audited, "refused": error.refused, "uncompared": error.uncompared,
        },
        "contradictions": contradictions,
    })
}

/// One line of input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    /// An answer, by whom and in how many seconds if the line says so.
    Answer { answered: Answered, annotator: Option<String>, seconds: Option<f64> },
    /// The pair is not to be asked again.
    Skip(Pair),
    /// The answer with this id is taken back.
    Retract(usize),
}

const FORMS: &str = r#"one of
{"pair":[i,j],"same":true}
{"pair":[i,j],"skip":true}
{"kind":"label","sample":i,"class":"name"}
{"kind":"captcha","shown":[i],"candidates":[j,k],"belongs":[true,false]}
{"retract":id}
, answers with "annotator" and "seconds" if known, those about a pair that was asked with or in place of it the question's "id""#;

impl Said {
    /// Reads a line; `question` is the pair that an open question is about, by its `id`.
    pub(crate) fn parse(line: &[u8], question: impl Fn(usize) -> Result<Pair>) -> Result<Self> {
        let Fields(mut fields) =
            serde_json::from_slice(line).map_err(|error| not_understood(line, &error))?;
        if fields.contains_key("same") || fields.contains_key("skip") {
            settle_pair(line, &mut fields, question)?;
        }
        let said = Self::of(line, &mut fields)?;
        match fields.keys().next() {
            Some(name) => {
                Err(not_understood(line, &format_args!("the field {name:?} does not belong there")))
            }
            None => Ok(said),
        }
    }

    fn of(line: &[u8], fields: &mut Map<String, Value>) -> Result<Self> {
        if let Some(id) = taken(line, fields, "retract")? {
            return Ok(Self::Retract(id));
        }
        if taken(line, fields, "skip")? == Some(true) {
            let pair = taken(line, fields, "pair")?;
            return pair.map(Self::Skip).ok_or_else(|| not_understood(line, &"there is no pair to skip"));
        }
        let annotator = taken(line, fields, "annotator")?;
        let seconds = taken(line, fields, "seconds")?;
        let is_of_pair = fields.contains_key("same") && !fields.contains_key("kind");
        if is_of_pair && !fields.contains_key("pair") {
            return Err(not_understood(line, &"there is neither the pair nor the id of a question"));
        }
        if fields.contains_key("pair") {
            fields.entry("kind").or_insert_with(|| "pair".into());
        }
        let answered: Answered = from_value(line, "answer", Value::Object(fields.clone()))?;
        if let Ok(Value::Object(understood)) = serde_json::to_value(&answered) {
            fields.retain(|name, _| !understood.contains_key(name));
        }
        Ok(Self::Answer { answered, annotator, seconds })
    }
}

/// The fields of an object, each of which comes once.
struct Fields(Map<String, Value>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> std::result::Result<Fields, A::Error> {
        let mut fields = Map::new();
        while let Some((name, value)) = entries.next_entry::<String, Value>()? {
            if fields.contains_key(&name) {
                return Err(A::Error::custom(format_args!("the field {name:?} comes twice")));
            }
            fields.insert(name, value);
        }
        Ok(Fields(fields))
    }
}

/// Checks the pair against the question that is named, or puts that of the question in its place.
fn settle_pair(
    line: &[u8],
    fields: &mut Map<String, Value>,
    question: impl Fn(usize) -> Result<Pair>,
) -> Result<()> {
    let Some(id) = taken(line, fields, "id")? else { return Ok(()) };
    let asked = question(id)?;
    let given = taken(line, fields, "pair")?.unwrap_or(asked);
    if given != asked {
        return Err(Failure::OtherQuestion { id, asked, given });
    }
    fields.insert("pair".into(), json!(asked));
    Ok(())
}

fn taken<T: DeserializeOwned>(line: &[u8], fields: &mut Map<String, Value>, name: &str) -> Result<Option<T>> {
    fields.remove(name).map(|value| from_value(line, name, value)).transpose()
}

fn from_value<T: DeserializeOwned>(line: &[u8], name: &str, value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|error| not_understood(line, &format_args!("{name}: {error}")))
}

fn not_understood(line: &[u8], reason: &dyn std::fmt::Display) -> Failure {
    Failure::Unfit {
        what: String::from_utf8_lossy(line).into_owned(),
        found: reason.to_string(),
        expected: FORMS.replace('\n', " "),
    }
}
