//! CHECKSUMS. What is read are data alone: written out plainly they are read as the same again.

#![no_main]

use cpan_sigstore_cpan::published::Checksums;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let Ok(checksums) = Checksums::parse(text) else {
        return;
    };
    let mut plain = String::from("$cksum = {\n");
    for (name, entry) in checksums.iter() {
        let name = name.replace('\\', r"\\").replace('\'', r"\'");
        plain.push_str(&format!("  '{name}' => {{\n"));
        if let Some(digest) = entry.sha256 {
            let digest = digest.to_string();
            plain.push_str(&format!(
                "    'sha256' => '{}',\n",
                &digest["sha256:".len()..]
            ));
        }
        if let Some(size) = entry.size {
            plain.push_str(&format!("    'size' => {size},\n"));
        }
        if entry.is_directory {
            plain.push_str("    'isdir' => 1,\n");
        }
        plain.push_str("  },\n");
    }
    plain.push_str("};\n");
    assert_eq!(Checksums::parse(plain.as_bytes()), Ok(checksums));
});
