//! Whose word on a server's name is taken: the certificates that this system trusts.

use std::sync::{Arc, OnceLock};

use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// What is needed to talk to servers over TLS.
struct Roots {
    certificates: Arc<Vec<Certificate<'static>>>,
    provider: Arc<rustls::crypto::CryptoProvider>,
    /// Why there are none.
    missing: Option<String>,
}

/// The system's roots, read once: where `SSL_CERT_FILE` or `SSL_CERT_DIR` names some, those alone. Nothing is compiled in: a
/// root that the system has dropped is not to come back from here.
fn system() -> &'static Roots {
    static ROOTS: OnceLock<Roots> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::debug!(%error, "a root certificate is not read");
        }
        let certificates: Vec<_> =
            found.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
        let missing = certificates.is_empty().then(|| {
            let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
            format!("this system has no root certificates to know a server by{why}")
        });
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Roots { certificates: Arc::new(certificates), provider, missing }
    })
}

/// How TLS is spoken.
pub(super) fn tls() -> TlsConfig {
    let roots = system();
    TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::clone(&roots.certificates)))
        .unversioned_rustls_crypto_provider(Arc::clone(&roots.provider))
        .build()
}

/// What is wrong if there are no roots.
pub(super) fn missing() -> Option<&'static str> {
    system().missing.as_deref()
}
