//! Keys and the CA's certificate, which `openssl` creates in the forms that the services read.

use std::path::Path;
use std::process::Command;

use crate::error::InteropError;

/// Password of the CA's key file. Fulcio reads only an encrypted key.
pub(super) const CA_PASSWORD: &str = "loopback";

/// Creates a P-256 key in `folder`: `NAME.key` (PKCS#8 PEM), `NAME.sec1.key` (SEC1 PEM). Returns
/// the public key's DER.
pub(super) fn generate(folder: &Path, name: &str) -> Result<Vec<u8>, InteropError> {
    let key = format!("{name}.key");
    let curve = "ec_paramgen_curve:P-256";
    openssl(
        folder,
        &[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            curve,
            "-out",
            &key,
        ],
    )?;
    let sec1 = format!("{name}.sec1.key");
    openssl(folder, &["ec", "-in", &key, "-out", &sec1])?;
    openssl(folder, &["pkey", "-in", &key, "-pubout", "-outform", "DER"])
}

/// Creates a CA in `folder`: `ca.pem` and its encrypted key `ca.key.enc`. Returns the certificate's
/// DER.
pub(super) fn certificate_authority(folder: &Path) -> Result<Vec<u8>, InteropError> {
    generate(folder, "ca")?;
    let password = format!("pass:{CA_PASSWORD}");
    openssl(
        folder,
        &[
            "ec",
            "-in",
            "ca.key",
            "-aes256",
            "-passout",
            &password,
            "-out",
            "ca.key.enc",
        ],
    )?;
    openssl(
        folder,
        &[
            "req",
            "-x509",
            "-new",
            "-key",
            "ca.key",
            "-days",
            "1",
            "-out",
            "ca.pem",
            "-subj",
            "/O=loopback/CN=loopback Fulcio",
            "-addext",
            "basicConstraints=critical,CA:TRUE,pathlen:1",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
            // Fulcio and TesseraCT require it in every certificate of the chain.
            "-addext",
            "extendedKeyUsage=codeSigning",
        ],
    )?;
    openssl(folder, &["x509", "-in", "ca.pem", "-outform", "DER"])
}

fn openssl(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, InteropError> {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|source| InteropError::Run {
            program: "openssl".into(),
            source,
        })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(InteropError::Prepare {
        program: format!("openssl {}", arguments.join(" ")).into(),
        said: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
