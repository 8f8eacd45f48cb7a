//! JSON as Python's own values.

use midentity::error::id;
use midentity::{Error, ErrorKind};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde_json::{Map, Number, Value};

use crate::error::raise;

/// Deeper than any body that Azure takes, and far from the stack's end.
const DEPTH: usize = 100;

pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Null => Ok(py.None().into_bound(py)),
        Value::Bool(b) => b.into_bound_py_any(py),
        Value::Number(n) => match (n.as_i64(), n.as_u64()) {
            (Some(n), _) => n.into_bound_py_any(py),
            (None, Some(n)) => n.into_bound_py_any(py),
            (None, None) => n.as_f64().into_bound_py_any(py),
        },
        Value::String(s) => s.into_bound_py_any(py),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item)?)?;
            }
            Ok(list.into_any())
        }
        Value::Object(members) => {
            let dict = PyDict::new(py);
            for (name, member) in members {
                dict.set_item(name, to_python(py, member)?)?;
            }
            Ok(dict.into_any())
        }
    }
}

/// Python's own values as JSON.
///
/// # Errors
/// InvalidArgument where there is something in them that JSON has not.
pub(crate) fn from_python(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    convert(value, DEPTH)
}

fn convert(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    let Some(depth) = depth.checked_sub(1) else { return Err(refuse(value.py(), "nested too deeply")) };
    if value.is_none() {
        return Ok(Value::Null);
    }
    // Before the whole numbers: True is one of them.
    if let Ok(truth) = value.cast::<PyBool>() {
        return Ok(Value::Bool(truth.is_true()));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Value::String(text.to_str()?.to_owned()));
    }
    if value.is_instance_of::<PyInt>() {
        let number = value.extract::<i64>().map(Number::from).or_else(|_| value.extract::<u64>().map(Number::from));
        return number.map(Value::Number).map_err(|_| refuse(value.py(), "a whole number of more than 64 bits"));
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        let number = Number::from_f64(number.value());
        return number.map(Value::Number).ok_or_else(|| refuse(value.py(), "a number that is none"));
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        let mut members = Map::new();
        for (name, member) in dict {
            let name = name.cast::<PyString>().map_err(|_| refuse(value.py(), "a dictionary key that is no str"))?;
            members.insert(name.to_str()?.to_owned(), convert(&member, depth)?);
        }
        return Ok(Value::Object(members));
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        return value.try_iter()?.map(|item| convert(&item?, depth)).collect::<PyResult<_>>().map(Value::Array);
    }
    let kind = value.get_type().name().map_or_else(|_| "something else".to_owned(), |name| name.to_string());
    Err(refuse(value.py(), &format!("of type {kind}")))
}

fn refuse(py: Python<'_>, why: &str) -> PyErr {
    let error = Error::new(
        ErrorKind::InvalidArgument,
        id::ARGUMENT_OPTION,
        format!("the body has something in it that JSON has not: {why}"),
    );
    raise(py, &error.with_hint("give dictionaries, lists, str, numbers, True, False and None"))
}
