//! What was found: a table for people, and one JSON object on the last line.
use serde_json::{Map, Value};

/// What was found.
#[derive(Debug)]
pub(crate) struct Report(Map<String, Value>);

impl Report {
    /// An empty one.
    pub(crate) fn new(scenario: &str) -> Self {
        let mut report = Self(Map::new());
        report.set("scenario", scenario);
        report
    }

    /// Adds a figure.
    pub(crate) fn set(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(key.into(), value.into());
    }

    /// Adds a figure with as many digits as mean something.
    pub(crate) fn figure(&mut self, key: impl Into<String>, value: f64) {
        self.set(key, rounded(value));
    }

    /// Prints it.
    #[expect(clippy::print_stdout, reason = "this is what the program is for")]
    pub(crate) fn print(self, only_json: bool) {
        if !only_json {
            for (key, value) in self.0.iter().filter(|(_, value)| !value.is_object()) {
                println!("{key:>36}  {value}");
            }
        }
        println!("{}", Value::Object(self.0));
    }
}

/// Four digits that count: more is noise, and looks like truth.
pub(crate) fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let digits = 3.0 - value.abs().log10().floor();
    let scale = 10_f64.powf(digits.max(0.0));
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_four_digits() {
        assert_eq!(rounded(0.000_123_456), 0.000_123_5);
        assert_eq!(rounded(123_456.7), 123_457.0);
        assert_eq!(rounded(1.234_56), 1.235);
        assert_eq!(rounded(0.0), 0.0);
    }
}
