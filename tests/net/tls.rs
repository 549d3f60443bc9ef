//! Certificates: whose word counts, for which name, and when.

use super::{net_with, url};
use goward_core::error::Error;
use goward_core::net::Problem;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use tempfile::TempDir;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn certificate(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).unwrap()
}

/// Answers one connection over TLS; returns its URL.
fn serve(params: &CertificateParams, authority: &Authority) -> String {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = Stream::new(&mut connection, &mut socket);
        // A client that does not like the certificate goes away; that is what is tested.
        if stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {
            _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
            stream.conn.send_close_notify();
            _ = stream.flush();
        }
    });
    format!("https://127.0.0.1:{port}/x")
}

/// Fetches with the authorities of one variable.
fn fetch(variable: (&str, &str), target: &str) -> Result<Vec<u8>, Problem> {
    let fetched = net_with(&[variable], &[]).fetch_small("x", &url(target), 10);
    fetched.map(|fetched| fetched.body).map_err(|error| error.problem)
}

#[test]
fn certificates_are_checked() {
    let ours = authority("ours");
    let theirs = authority("theirs");
    let files = TempDir::new().unwrap();
    let file = files.path().join("ca.pem");
    fs_err::write(&file, ours.pem()).unwrap();
    let from_file = ("SSL_CERT_FILE", file.to_str().unwrap());
    let from_directory = ("SSL_CERT_DIR", files.path().to_str().unwrap());

    for variable in [from_file, from_directory] {
        let target = serve(&certificate("127.0.0.1"), &ours);
        assert_eq!(fetch(variable, &target), Ok(b"hi".to_vec()), "{variable:?}");
    }

    let unknown = "this machine does not trust the issuer of the server's certificate".to_owned();
    let got = fetch(from_file, &serve(&certificate("127.0.0.1"), &theirs));
    assert_eq!(got, Err(Problem::Certificate(unknown)));
    // The platform's authorities, whatever they are here, do not know ours either.
    let got = fetch(("HOME", "/nonexistent"), &serve(&certificate("127.0.0.1"), &ours));
    assert!(matches!(got, Err(Problem::Certificate(_))), "{got:?}");

    let other_name =
        "the server's certificate is for `mirror.example`, not for `127.0.0.1`".to_owned();
    let got = fetch(from_file, &serve(&certificate("mirror.example"), &ours));
    assert_eq!(got, Err(Problem::CertificateName(other_name)));

    let mut expired = certificate("127.0.0.1");
    expired.not_after = date_time_ymd(2001, 1, 1);
    let got = fetch(from_file, &serve(&expired, &ours));
    let past = "the server's certificate has expired".to_owned();
    assert_eq!(got, Err(Problem::CertificateDate(past)));

    let mut early = certificate("127.0.0.1");
    early.not_before = date_time_ymd(2999, 1, 1);
    early.not_after = date_time_ymd(3000, 1, 1);
    let got = fetch(from_file, &serve(&early, &ours));
    let future = "the server's certificate is not valid yet".to_owned();
    assert_eq!(got, Err(Problem::CertificateDate(future)));
}

#[test]
fn the_message_names_the_setting_to_change() {
    let files = TempDir::new().unwrap();
    let file = files.path().join("ca.pem");
    fs_err::write(&file, authority("ours").pem()).unwrap();
    let net = net_with(&[("SSL_CERT_FILE", file.to_str().unwrap())], &[]);
    let target = serve(&certificate("127.0.0.1"), &authority("theirs"));
    let error = net.fetch_small("go1.27.1", &url(&target), 10).unwrap_err();
    assert_eq!(
        Error::from(error).to_string(),
        format!(
            "goward: cannot download go1.27.1: this machine does not trust the issuer of the \
             server's certificate\n  wanted {target}\n\
             hint: update the system's certificates (Debian: `apt-get install ca-certificates`), \
             or if your network inspects TLS, name the file with its certificate: \
             `SSL_CERT_FILE=/path/to/ca.pem`"
        )
    );
}
