//! The `.proto` files, looked into: messages without their Rust types, so that a test can walk all fields of all.
use std::{path::Path, sync::LazyLock};

use bytes::Bytes;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, MessageDescriptor, Value};

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    let files =
        ["account", "connection", "keys", "people", "room"].map(|name| format!("sotto/v1/{name}.proto"));
    DescriptorPool::from_file_descriptor_set(protox::compile(files, [root]).unwrap()).unwrap()
});

/// The shape of a message.
pub(crate) fn descriptor(name: &str) -> MessageDescriptor {
    POOL.get_message_by_name(&format!("sotto.v1.{name}")).unwrap()
}

/// The names of all messages.
pub(crate) fn message_names() -> Vec<String> {
    POOL.all_messages().filter(|shape| !shape.is_map_entry()).map(|shape| shape.name().to_owned()).collect()
}

/// Any message, by its name and bytes.
pub(crate) fn open(name: &str, payload: Bytes) -> DynamicMessage {
    DynamicMessage::decode(descriptor(name), payload).unwrap()
}

/// Changes one field of a message, at any depth.
pub(crate) type Change<'a> = dyn Fn(&FieldDescriptor, &Value) -> Option<Value> + 'a;

/// Every message that comes of changing one field with `change`, with the dotted path of that field.
pub(crate) fn changed(message: &DynamicMessage, change: &Change<'_>) -> Vec<(String, DynamicMessage)> {
    let mut all = Vec::new();
    for (field, value) in message.fields() {
        for (path, value) in changed_value(&field, value, change) {
            let mut message = message.clone();
            message.set_field(&field, value);
            let path =
                if path.is_empty() { field.name().to_owned() } else { format!("{}.{path}", field.name()) };
            all.push((path, message));
        }
    }
    all
}

fn changed_value(field: &FieldDescriptor, value: &Value, change: &Change<'_>) -> Vec<(String, Value)> {
    let mut all: Vec<_> = change(field, value).map(|value| (String::new(), value)).into_iter().collect();
    match value {
        Value::Message(inner) => {
            all.extend(changed(inner, change).into_iter().map(|(path, inner)| (path, Value::Message(inner))));
        }
        Value::List(items) => {
            if let Some(first) = items.first() {
                all.extend(changed_value(field, first, change).into_iter().map(|(path, item)| {
                    let rest = items.iter().skip(1).cloned();
                    (path, Value::List(std::iter::once(item).chain(rest).collect()))
                }));
            }
        }
        _ => {}
    }
    all
}
