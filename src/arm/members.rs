//! A result as one JSON object, the same in every language: its members are named as the type's methods.

/// Implements `Serialize` by calling the methods named, in this order. `tests/vectors/results.json` holds the lists of
/// all languages together.
macro_rules! members {
    ($kind:ty: $($method:ident),+ $(,)?) => {
        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut object = serializer.serialize_map(None)?;
                $(object.serialize_entry(stringify!($method), &self.$method())?;)+
                object.end()
            }
        }
    };
}
pub(super) use members;
