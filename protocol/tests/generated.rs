//! The committed code is what the `.proto` files say. `SOTTO_BLESS=1 cargo test -p sotto-protocol` writes it anew.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::{fs, path::Path};

#[test]
fn the_committed_code_is_what_the_proto_files_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = fs::read_dir(root.join("proto/sotto/v1"))
        .unwrap()
        .map(|entry| format!("sotto/v1/{}", entry.unwrap().file_name().to_string_lossy()))
        .collect();
    files.sort();
    let descriptors = protox::compile(&files, [root.join("proto")]).unwrap();
    let out = std::env::temp_dir().join(format!("sotto-generated-{}", std::process::id()));
    fs::create_dir_all(&out).unwrap();
    prost_build::Config::new().bytes(["."]).btree_map(["."]).out_dir(&out).compile_fds(descriptors).unwrap();
    let fresh = fs::read_to_string(out.join("sotto.v1.rs")).unwrap();
    fs::remove_dir_all(&out).unwrap();
    let committed = root.join("src/generated/sotto.v1.rs");
    if std::env::var_os("SOTTO_BLESS").is_some() {
        fs::create_dir_all(committed.parent().unwrap()).unwrap();
        fs::write(&committed, &fresh).unwrap();
    }
    assert!(
        fs::read_to_string(&committed).unwrap_or_default() == fresh,
        "proto/ and src/generated/ differ: run SOTTO_BLESS=1 cargo test -p sotto-protocol --test generated"
    );
}

#[derive(serde::Deserialize)]
struct Table {
    refusal: Vec<Row>,
}

#[derive(serde::Deserialize)]
struct Row {
    reason: String,
    code: u32,
    #[serde(default)]
    retryable: bool,
    en: String,
    zh: String,
}

impl Row {
    fn variant(&self) -> String {
        self.reason.split(['.', '_']).fold(String::new(), |mut name, word| {
            let (first, rest) = word.split_at(1);
            name.push_str(&first.to_uppercase());
            name.push_str(rest);
            name
        })
    }
    fn code_name(&self) -> &'static str {
        match self.code {
            3 => "InvalidArgument",
            4 => "DeadlineExceeded",
            5 => "NotFound",
            6 => "AlreadyExists",
            7 => "PermissionDenied",
            8 => "ResourceExhausted",
            9 => "FailedPrecondition",
            10 => "Aborted",
            11 => "OutOfRange",
            12 => "Unimplemented",
            13 => "Internal",
            14 => "Unavailable",
            16 => "Unauthenticated",
            other => panic!("code {other} has no name"),
        }
    }
}

fn reasons_as_rust(table: &Table) -> String {
    let mut out = String::from(
        "// @generated from refusals.toml; see tests/generated.rs.\n\n/// Why something was refused. Stable: programs \
         and translations switch on it.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\npub enum \
         Reason {\n",
    );
    for row in &table.refusal {
        out += &format!("    /// `{}`: {}\n    {},\n", row.reason, row.en, row.variant());
    }
    out += "}\n\nimpl Reason {\n    /// Every reason, in the order of the table.\n    pub const ALL: &[Self] = &[\n";
    for row in &table.refusal {
        out += &format!("        Self::{},\n", row.variant());
    }
    out += "    ];\n";
    let mut method = |doc: &str, head: &str, cell: &dyn Fn(&Row) -> String| {
        out +=
            &format!("\n    /// {doc}\n    #[must_use]\n    pub const fn {head} {{\n        match self {{\n");
        for row in &table.refusal {
            out += &format!("            Self::{} => {},\n", row.variant(), cell(row));
        }
        out += "        }\n    }\n";
    };
    method("The stable key on the wire.", "as_str(self) -> &'static str", &|row| format!("{:?}", row.reason));
    method("gRPC's canonical code.", "code(self) -> Code", &|row| format!("Code::{}", row.code_name()));
    method("The same bytes may be sent again.", "retryable(self) -> bool", &|row| row.retryable.to_string());
    method("What people read in English.", "english(self) -> &'static str", &|row| format!("{:?}", row.en));
    method("What people read in Chinese.", "chinese(self) -> &'static str", &|row| format!("{:?}", row.zh));
    out += "\n    /// The reason with this key.\n    #[must_use]\n    pub fn from_key(key: &str) -> Option<Self> {\n        \
            Self::ALL.iter().copied().find(|reason| reason.as_str() == key)\n    }\n}\n";
    out
}

#[test]
fn the_reasons_are_what_the_table_of_refusals_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table: Table = toml::from_str(&fs::read_to_string(root.join("refusals.toml")).unwrap()).unwrap();
    let fresh = reasons_as_rust(&table);
    let committed = root.join("src/generated/reason.rs");
    if std::env::var_os("SOTTO_BLESS").is_some() {
        fs::write(&committed, &fresh).unwrap();
    }
    assert!(
        fs::read_to_string(&committed).unwrap_or_default() == fresh,
        "refusals.toml and src/generated/reason.rs differ: run SOTTO_BLESS=1 cargo test -p sotto-protocol --test generated"
    );
}
