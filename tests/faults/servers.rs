//! Web servers that stall, drip, flood, unpack, redirect, lie about their files or talk nonsense. None of it takes long,
//! takes much memory, or is taken for the file; and what says nothing about the file is never called dishonest.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::server::{Answer, Part, Server, head, ok, status};
use super::stage::{ORIGIN, Stage};

/// The most memory that the command may hold, in KiB. Starting the solver takes a third of it.
const MOST_MEMORY: u64 = 300 << 10;

/// A server's answer for the files whose paths begin so, and how the command ends.
struct Case {
    file: &'static str,
    what: &'static str,
    answer: Answer,
    code: i32,
    /// The error, after the file's URL.
    says: &'static str,
}

fn bytes(bytes: impl Into<Vec<u8>>) -> Part {
    Part::Bytes(bytes.into())
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn case(file: &'static str, what: &'static str, answer: Answer, code: i32, says: &'static str) -> Case {
    Case { file, what, answer, code, says }
}

const ERROR_PAGE: &str = "<!DOCTYPE html>\n<html><title>Not found</title></html>\n";
const WEB_PAGE: &str = "expected the file, found a web page: that of an error or of a login, sent with status 200";
const TOO_LONG: &str = "expected at most 16777216 bytes, found more";
const NO_NOTE: &str = "error: the checkpoint of registry.example/components is not accepted: expected a signed note: \
                       text, a blank line, and signature lines, each line ending in a newline";
const CUT_PAGE: &str = "expected a page with the sha256 [SHA256], found [SHA256], which is no page of my:app: expected a newline \
                        at the end of the last line; was the page cut off?";

/// What a server may do with a page.
fn of_pages() -> Vec<Case> {
    let page = |what, answer, code, says| case("page/", what, answer, code, says);
    let with_length = |length: &str| head(&format!("content-length: {length}\r\n"));
    let gzipped = "content-encoding: gzip\r\n";
    vec![
        // Slow.
        page("silence", vec![Part::Silence], 4, "no answer within 1 s"),
        page(
            "silence behind the headers",
            vec![bytes(with_length("500")), Part::Silence],
            4,
            "nothing more came for 1 s",
        ),
        page(
            "silence within the body",
            vec![bytes(with_length("500")), bytes("1 {"), Part::Silence],
            4,
            "nothing more came for 1 s",
        ),
        page(
            "a body that drips",
            vec![bytes(with_length("5000")), Part::Drip(vec![b'1'; 5000])],
            4,
            "fewer than 1024 bytes a second came",
        ),
        page("headers that drip", vec![Part::Drip(with_length("500")), Part::Silence], 4, "no answer within 1 s"),
        // Large.
        page(
            "10 GB, as announced",
            vec![bytes(with_length("10000000000")), Part::Endless(vec![b'1'; 1 << 16])],
            1,
            TOO_LONG,
        ),
        page("10 GB, of no stated length", vec![bytes(head("")), Part::Endless(vec![b'1'; 1 << 16])], 1, TOO_LONG),
        page(
            "10 GB in chunks",
            vec![
                bytes(head("transfer-encoding: chunked\r\n")),
                Part::Endless([&b"10000\r\n"[..], &[b'1'; 1 << 16], b"\r\n"].concat()),
            ],
            1,
            TOO_LONG,
        ),
        page(
            "a few bytes that unpack to 10 GB",
            vec![bytes(head(gzipped)), Part::Endless(gzip(&vec![0; 64 << 20]))],
            1,
            TOO_LONG,
        ),
        page(
            "much that unpacks to nothing",
            vec![bytes(head(gzipped)), Part::Endless(gzip(b""))],
            4,
            "not done within 2 s",
        ),
        page(
            "a length of 2^64 - 1",
            vec![bytes(with_length("18446744073709551615")), bytes("1")],
            4,
            "the answer ended before its end",
        ),
        // Packed otherwise, and badly.
        page(
            "gzip in gzip",
            vec![bytes(ok("content-encoding: gzip, gzip\r\n", &gzip(&gzip(b"1"))))],
            4,
            "expected no content encoding but gzip, found \"gzip, gzip\"",
        ),
        page(
            "brotli",
            vec![bytes(ok("content-encoding: br\r\n", b"1"))],
            4,
            "expected no content encoding but gzip, found \"br\"",
        ),
        page("no gzip", vec![bytes(ok(gzipped, b"1 {}\n"))], 4, "it cannot be decompressed: it is cut off, or no gzip"),
        page(
            "half of a gzip",
            vec![bytes(ok(gzipped, &gzip(&[7; 999])[..20]))],
            4,
            "it cannot be decompressed: it is cut off, or no gzip",
        ),
        // Headers.
        page(
            "a million headers",
            vec![bytes("HTTP/1.1 200 OK\r\n"), Part::Endless(b"x: y\r\n".repeat(1000))],
            4,
            "the answer is no HTTP: http parse resulted in too many headers",
        ),
        page(
            "a header without end",
            vec![bytes("HTTP/1.1 200 OK\r\nx: "), Part::Endless(vec![b'y'; 1000])],
            4,
            "expected at most 16384 bytes of headers, found more",
        ),
        page(
            "200 headers",
            vec![bytes("HTTP/1.1 200 OK\r\n"), bytes(b"x: y\r\n".repeat(200)), bytes("\r\n")],
            4,
            "the answer is no HTTP: http parse resulted in too many headers",
        ),
        page(
            "endless 100 Continue",
            vec![Part::Endless(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())],
            4,
            "expected at most 16384 bytes of headers, found more",
        ),
        page(
            "two lengths",
            vec![bytes(with_length("5\r\ncontent-length: 6")), bytes("1 {}\n")],
            4,
            "the answer is no HTTP: conflicting content-length headers",
        ),
        page(
            "no length",
            vec![bytes(with_length("-5")), bytes("1 {}\n")],
            4,
            "the answer is no HTTP: content-length header not a number",
        ),
        page("no HTTP", vec![bytes("1 {}\n")], 4, "the answer is no HTTP: http parse fail: invalid HTTP version"),
        page(
            "an answer of an older time",
            vec![bytes(ERROR_PAGE)],
            4,
            "the answer is no HTTP: http parse fail: invalid HTTP version",
        ),
        page("nothing", vec![], 4, "the answer ended before its end"),
        page("a reset", vec![Part::Reset], 4, "Connection reset by peer (os error 104)"),
        // Statuses.
        page("204", vec![bytes(status("204 No Content", ""))], 4, "expected the file (status 200), found status 204"),
        page(
            "206",
            vec![bytes(status("206 Partial Content", ""))],
            4,
            "expected the file (status 200), found status 206",
        ),
        page("304", vec![bytes(status("304 Not Modified", ""))], 4, "expected the file (status 200), found status 304"),
        page(
            "403",
            vec![bytes(status("403 Forbidden", ""))],
            4,
            "expected the file (status 200), found status 403\n  hint: if the registry is private: a file that \
             `--credentials` names says which token is for which URL (docs/private.md)",
        ),
        page("404", vec![bytes(status("404 Not Found", ""))], 4, MISSING),
        page("410", vec![bytes(status("410 Gone", ""))], 4, MISSING),
        page("999", vec![bytes(status("999 x", ""))], 4, "expected the file (status 200), found status 999"),
        page(
            "101",
            vec![bytes("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n")],
            4,
            "expected the file (status 200), found status 101",
        ),
        page(
            "429, and to wait for thirty years",
            vec![bytes(status("429 Too Many Requests", "retry-after: 1000000000\r\n"))],
            4,
            "expected the file (status 200), found status 429",
        ),
        page(
            "503, and to wait for longer than there are numbers",
            vec![bytes(status("503 Service Unavailable", "retry-after: 99999999999999999999\r\n"))],
            4,
            "expected the file (status 200), found status 503",
        ),
        // Redirects.
        page(
            "to a file of this machine",
            vec![bytes(status("302 Found", "location: file:///etc/passwd\r\n"))],
            4,
            "it redirects to another place, file:///etc/passwd, which is not followed from http",
        ),
        page(
            "to another host",
            vec![bytes(status("301 Moved Permanently", "location: https://192.0.2.1/x\r\n"))],
            4,
            "it redirects to another place, https://192.0.2.1/x, which is not followed from http",
        ),
        page(
            "to another port of this host",
            vec![bytes(status("307 Temporary Redirect", "location: http://127.0.0.1:9/x\r\n"))],
            4,
            "it redirects to another place, http://127.0.0.1:9/x, which is not followed from http",
        ),
        page(
            "in a circle",
            vec![bytes(status("308 Permanent Redirect", "location: /page/x\r\n"))],
            4,
            "it redirects more than 5 times",
        ),
        page("to nowhere", vec![bytes(status("303 See Other", ""))], 4, "it redirects, and does not say where to"),
        page(
            "with a forged line",
            vec![bytes(status("302 Found", "location: /\u{1b}[2Jx\r\n"))],
            4,
            "the answer is no HTTP: http parse fail: invalid header value",
        ),
        // Something else with status 200.
        page("an error page", vec![bytes(ok("content-type: text/html\r\n", ERROR_PAGE.as_bytes()))], 4, WEB_PAGE),
        page("a login page", vec![bytes(ok("", b"\r\n <HTML lang=de>"))], 4, WEB_PAGE),
        page(
            "an error in words",
            vec![bytes(ok("", b"not found\n"))],
            1,
            "expected a page with the sha256 [SHA256], found [SHA256], which is no page of my:app: line 1: expected \
             `PLACE RECORD`, PLACE in decimal without leading zeros",
        ),
        page(
            "nothing, of status 200",
            vec![bytes(ok("", b""))],
            1,
            "expected a page with the sha256 [SHA256], found [SHA256], which is no page of my:app: expected a page of at \
             least one line, found nothing",
        ),
        page("a body that is longer than stated", vec![bytes(with_length("3")), bytes("1 {}\n")], 1, CUT_PAGE),
        page(
            "a body that is shorter than stated",
            vec![bytes(with_length("9")), bytes("1 {}\n")],
            4,
            "the answer ended before its end",
        ),
    ]
}

/// What differs for files of other kinds.
fn of_others() -> Vec<Case> {
    let flood = || vec![bytes(head("")), Part::Endless(vec![b'1'; 1 << 16])];
    let error_page = || vec![bytes(ok("content-type: text/html\r\n", ERROR_PAGE.as_bytes()))];
    vec![
        case("bin/", "10 GB", flood(), 1, "expected at most 262144 bytes, found more"),
        case("index/", "10 GB", flood(), 1, "expected at most 8192 bytes, found more"),
        case("tile/0/", "10 GB", flood(), 1, "expected at most 224 bytes, found more"),
        case("tile/entries/", "10 GB", flood(), 1, "expected at most 16777472 bytes, found more"),
        case("bin/", "an error page", error_page(), 4, WEB_PAGE),
        case("index/", "an error page", error_page(), 4, WEB_PAGE),
        case("tile/0/", "an error page", error_page(), 4, WEB_PAGE),
        case("tile/entries/", "an error page", error_page(), 4, WEB_PAGE),
        case(
            "bin/",
            "words",
            vec![bytes(ok("", b"no"))],
            1,
            "expected a bin with the hash [SHA256], found [SHA256], which is no bin: expected a bin of 64 bytes for each \
             entry, found 2 bytes",
        ),
        case("index/", "words", vec![bytes(ok("", b"no"))], 1, "expected an index node of 8192 bytes, found 2 bytes"),
        case("tile/0/", "words", vec![bytes(ok("", b"no"))], 1, "expected a tile of 224 bytes, found 2 bytes"),
        case(
            "tile/entries/",
            "words",
            vec![bytes(ok("", b"no"))],
            1,
            "expected a bundle of 7 entries, and it ends within entry 0",
        ),
    ]
}

/// What is said of a file that no URL has.
const MISSING: &str = "expected a file, and there is none\n  hint: either this is no registry, or not all of it, as a copy \
                       for other locks or one that was pruned: see where the trust file says that the log is read";

/// What a server may do with a checkpoint; each is met by `lock` in a project without a lock.
fn of_checkpoints() -> Vec<Case> {
    let checkpoint = |what, answer, code, says| case("checkpoint", what, answer, code, says);
    let flood = vec![bytes(head("")), Part::Endless(vec![b'1'; 1 << 16])];
    vec![
        checkpoint("silence", vec![Part::Silence], 4, "no answer within 1 s"),
        checkpoint("10 GB", flood, 5, "expected at most 65536 bytes, found more"),
        checkpoint("an error page", vec![bytes(ok("", ERROR_PAGE.as_bytes()))], 4, WEB_PAGE),
        checkpoint("404", vec![bytes(status("404 Not Found", ""))], 4, MISSING),
        checkpoint("503", vec![bytes(status("503 x", ""))], 4, "expected the file (status 200), found status 503"),
        checkpoint("words", vec![bytes(ok("", b"not found\n"))], 5, NO_NOTE),
        checkpoint("nothing, of status 200", vec![bytes(ok("", b""))], 5, NO_NOTE),
        checkpoint(
            "a redirect to another host",
            vec![bytes(status("302 Found", "location: https://192.0.2.1/checkpoint\r\n"))],
            4,
            "it redirects to another place, https://192.0.2.1/checkpoint, which is not followed from http",
        ),
    ]
}

/// Meets a case; returns what is otherwise than it should be.
fn meet(case: &Case) -> Option<String> {
    let stage = Stage::new();
    let server = Server::serving(&stage.path("reg"), case.file, case.answer.clone());
    stage.serve_at(&server.url());
    let before = std::fs::read(stage.path("project/headlock.lock")).unwrap();
    let command = if case.file == "checkpoint" { "lock" } else { "verify" };
    if command == "lock" {
        std::fs::remove_file(stage.path("project/headlock.lock")).unwrap();
    }
    // What floods is ended by its size, however long a busy machine takes over it; all else by its time.
    let floods = case.code != 4 && case.answer.iter().any(|part| matches!(part, Part::Endless(_)));
    let seconds = if floods { "60" } else { "2" };
    let said = stage.headlock(&["-C", "project", "--timeout", seconds, command]);
    let found = said.err.trim_end().replace(&server.url(), "[URL]");
    // The first file that was asked for in vain, by its kind.
    let found =
        found.replace("[URL]/page/", "[URL]/").replace("[URL]/bin/", "[URL]/").replace("[URL]/index/", "[URL]/");
    let found = match found.strip_prefix("error: [URL]/").and_then(|rest| rest.split_once(": ")) {
        Some((_, says)) => says,
        None => &found,
    };
    let mut wrong = Vec::new();
    if (said.code, found) != (Some(case.code), case.says) {
        wrong.push(format!("expected exit {} and {:?}, found {:?} and {found:?}", case.code, case.says, said.code));
    }
    if !said.out.is_empty() {
        wrong.push(format!("it has a result: {:?}", said.out));
    }
    if server.asked() == 0 {
        wrong.push("the server was not asked for it".to_owned());
    }
    if said.peak > MOST_MEMORY {
        wrong.push(format!("it held {} KiB", said.peak));
    }
    let is_there = std::fs::read(stage.path("project/headlock.lock")).ok();
    if is_there != (command == "verify").then_some(before) {
        wrong.push("the lock is another one".to_owned());
    }
    // The largest that anything may be is 16 MiB; what is on its way in buffers comes on top, for each try.
    if server.sent() > 1 << 30 {
        wrong.push(format!("{} bytes were sent", server.sent()));
    }
    (!wrong.is_empty()).then(|| format!("{} of {}: {}", case.what, case.file, wrong.join("; ")))
}

#[test]
fn each_thing_that_a_server_may_do_has_its_end_its_code_and_its_words() {
    let cases: Vec<Case> = of_pages().into_iter().chain(of_others()).chain(of_checkpoints()).collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    // They wait more than they work.
    thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // A busy machine may be slow where the server was not: what is wrong twice is wrong.
                    let found = meet(case).and_then(|_| meet(case));
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn a_server_that_does_as_it_should_is_believed() {
    let stage = Stage::new();
    let server = Server::serving(&stage.path("reg"), "nothing", vec![]);
    stage.serve_at(&server.url());
    let said = stage.headlock(&["-C", "project", "--timeout", "60", "verify"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.starts_with("verified: 3 releases\n"), "{said:?}");
    assert!(said.peak < MOST_MEMORY, "{} KiB", said.peak);
    let before = stage.read("project/headlock.lock");
    std::fs::remove_file(stage.path("project/headlock.lock")).unwrap();
    let said = stage.headlock(&["-C", "project", "lock"]);
    said.ends(0, &format!("pinned {ORIGIN} at 7 records"));
    assert_eq!(stage.read("project/headlock.lock"), before);
}
