//! Which language the person reads. Every text stands in both, side by side, so that none can be missing.

/// English or Chinese.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Chinese,
}

impl Language {
    /// What was asked for, else what the environment says (`LC_ALL`, `LC_MESSAGES`, `LANG`; the first that is set).
    pub(crate) fn choose(asked: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Self {
        let environment = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let set = || environment.iter().filter_map(|name| variable(name)).find(|value| !value.is_empty());
        match asked.map(str::to_owned).or_else(set) {
            Some(tag) if tag.to_ascii_lowercase().starts_with("zh") => Self::Chinese,
            Some(_) | None => Self::English,
        }
    }

    /// BCP 47.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-Hans",
        }
    }
}

/// A text in the person's language: `tr!(language, "Hello {name}", "你好，{name}")`.
macro_rules! tr {
    ($language:expr, $english:literal, $chinese:literal $(, $($argument:tt)*)?) => {
        match $language {
            $crate::language::Language::English => format!($english $(, $($argument)*)?),
            $crate::language::Language::Chinese => format!($chinese $(, $($argument)*)?),
        }
    };
}
pub(crate) use tr;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_counts_before_the_environment() {
        let environment = |name: &str| (name == "LANG").then(|| "zh_CN.UTF-8".to_owned());
        assert_eq!(Language::choose(None, environment), Language::Chinese);
        assert_eq!(Language::choose(Some("en"), environment), Language::English);
        assert_eq!(Language::choose(None, |_| None), Language::English);
        let overridden = |name: &str| Some(if name == "LC_ALL" { "C" } else { "zh" }.to_owned());
        assert_eq!(Language::choose(None, overridden), Language::English);
    }

    #[test]
    fn a_text_stands_in_both_languages() {
        let name = "Bob";
        assert_eq!(tr!(Language::English, "Hello {name}", "你好，{name}"), "Hello Bob");
        assert_eq!(tr!(Language::Chinese, "Hello {}", "你好，{}", name), "你好，Bob");
    }
}
