//! What a `cpanfile` may have that leads round a mirror: Carton follows the options `git`, `url`, `dist` and
//! `mirror` of a requirement.

use std::path::PathBuf;

/// Largest cpanfile that is checked, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// A warning for each line that may lead round the mirror. The file is Perl, which is not run here, so that
/// this is no more than a look.
pub fn ways_round() -> Vec<String> {
    let path = std::env::var_os("PERL_CARTON_CPANFILE").map_or("cpanfile".into(), PathBuf::from);
    let Ok(Some(bytes)) = cpan_sigstore_files::read_limited(&path, LIMIT) else {
        return Vec::new();
    };
    String::from_utf8_lossy(&bytes)
        .lines()
        .enumerate()
        .filter(|(_, line)| leads_round(line))
        .map(|(at, line)| {
            format!(
                "{}, line {}, may lead round the mirror: {}",
                path.display(),
                at + 1,
                line.trim()
            )
        })
        .collect()
}

fn leads_round(line: &str) -> bool {
    let line = line.split('#').next().unwrap_or_default();
    let words: Vec<_> = line
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '\'' | '"' | '='))
        .filter(|word| !word.is_empty())
        .collect();
    line.contains("=>")
        && words
            .iter()
            .any(|word| matches!(*word, "git" | "url" | "dist" | "mirror"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_lead_round_are_seen() {
        for (line, expected) in [
            ("requires 'Foo', '1.0';", false),
            ("requires 'Foo', git => 'git://x/foo.git';", true),
            ("  url=> 'file:///x.tar.gz';", true),
            ("requires 'Foo', '1.0', mirror => 'http://x';", true),
            ("# git => 'x'", false),
            ("requires 'URI::git' => 0;", false),
        ] {
            assert_eq!(leads_round(line), expected, "{line}");
        }
    }
}
