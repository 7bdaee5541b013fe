//! The blocks with a title in the pages for authors.

use std::{fs, path::PathBuf};

use super::{dzil, identities, moving, recipes, workflow};

/// A file, or a script for `sh`, as a page prints it.
#[derive(Debug)]
pub struct Block {
    pub language: String,
    pub title: String,
    pub text: String,
}

impl Block {
    pub fn is_script(&self) -> bool {
        self.language == "sh"
    }
}

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../docs/authors"]
        .iter()
        .collect()
}

/// All blocks with a title in a page.
pub fn titled(page: &str) -> Vec<Block> {
    let page = fs::read_to_string(folder().join(page)).unwrap();
    let mut lines = page.lines();
    let mut blocks = Vec::new();
    while let Some(line) = lines.next() {
        let Some(head) = line.strip_prefix("```") else {
            continue;
        };
        let text: String = lines
            .by_ref()
            .take_while(|line| *line != "```")
            .flat_map(|line| [line, "\n"])
            .collect();
        if let Some((language, title)) = head.split_once(" title=") {
            blocks.push(Block {
                language: language.to_owned(),
                title: title.to_owned(),
                text,
            });
        }
    }
    blocks
}

/// The text of one block.
#[track_caller]
pub fn text(page: &str, title: &str) -> String {
    let mut blocks = titled(page);
    blocks.retain(|block| block.title == title);
    assert_eq!(blocks.len(), 1, "{title} in {page}: {blocks:#?}");
    blocks.remove(0).text
}

#[test]
fn tries_every_titled_block_of_the_pages() {
    let mut untried = Vec::new();
    let mut titled_at_all = 0;
    for page in crate::harness::names(&folder()) {
        // A recipe writes all files of its page, and runs its one script.
        let has_recipe = recipes::SCRIPTS.iter().any(|(of, _)| *of == page);
        for block in titled(&page) {
            titled_at_all += 1;
            let named = (page.as_str(), block.title.as_str());
            let tried = match block.is_script() {
                true => [recipes::SCRIPTS, &identities::SCRIPTS, &moving::SCRIPTS]
                    .iter()
                    .any(|scripts| scripts.contains(&named)),
                false => has_recipe || [dzil::DIST_INI, workflow::WORKFLOW].contains(&named),
            };
            if !tried {
                untried.push(format!("{} in {page}", block.title));
            }
        }
    }
    assert!(untried.is_empty(), "no test tries {untried:?}");
    assert!(titled_at_all > recipes::SCRIPTS.len());
}
