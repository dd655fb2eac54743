//! The parts of a URL, each strictly read.

/// The byte that two hexadecimal digits stand for.
pub(super) fn hex([high, low]: [u8; 2]) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    Some((digit(high)? << 4 | digit(low)?) as u8)
}

/// RFC 3986's characters, but for those that begin a query or a fragment, and `%` only before two hexadecimal digits.
pub(super) fn check_characters(text: &str) -> Result<(), String> {
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        match byte {
            b'%' => {
                let decoded = behind.first_chunk().and_then(|pair| hex(*pair));
                match decoded {
                    None => return Err("a % stands before no two hexadecimal digits".to_owned()),
                    Some(0) => return Err("it holds %00".to_owned()),
                    Some(b'/' | b'\\') => return Err("it holds an encoded slash".to_owned()),
                    Some(_) => {}
                }
            }
            b'!' | b'$'..=b';' | b'=' | b'@'..=b'[' | b']' | b'_' | b'a'..=b'z' | b'~' => {}
            _ => {
                let character = text[text.len() - rest.len()..].chars().next().unwrap_or_default();
                return Err(format!("it holds {character:?}, which a URL writes percent-encoded"));
            }
        }
        rest = behind;
    }
    Ok(())
}

/// A host, lowercase and without brackets, and a port.
pub(super) fn parse_authority(authority: &str, default_port: u16) -> Result<(String, u16), String> {
    if authority.contains('@') {
        return Err("it has a user name".to_owned());
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (address, port) = bracketed.split_once(']').ok_or("its host has a [ without ]")?;
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(format!("{address:?} is no IPv6 address"));
            }
            match port.is_empty() {
                true => (address, None),
                false => (address, Some(port.strip_prefix(':').ok_or("something follows its host")?)),
            }
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let is_name = host.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    });
    if !is_name && !authority.starts_with('[') {
        return Err(format!("{host:?} is no host"));
    }
    let port = match port {
        None => default_port,
        Some(port) => port
            .parse::<u16>()
            .ok()
            .filter(|number| *number > 0 && number.to_string() == port)
            .ok_or_else(|| format!("{port:?} is no port"))?,
    };
    Ok((host.to_ascii_lowercase(), port))
}

/// A query is told to nobody but the server whose it is: any visible characters, but those that end a URL where it stands.
pub(super) fn check_query(query: &str) -> Result<(), String> {
    match query.chars().find(|character| !character.is_ascii_graphic() || matches!(character, '"' | '<' | '>')) {
        None => Ok(()),
        Some(character) => Err(format!("its query holds {character:?}, which a URL writes percent-encoded")),
    }
}

/// No path that another reader could take for another one; nor, if it is `plain`, one with an empty segment.
pub(super) fn check_path(path: &str, plain: bool) -> Result<(), String> {
    if matches!(path, "" | "/") {
        return Ok(());
    }
    let inner = path.strip_prefix('/').unwrap_or(path);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    for segment in inner.split('/') {
        let read = segment.to_ascii_lowercase().replace("%2e", ".");
        if read.is_empty() && plain {
            return Err("its path has two slashes in a row".to_owned());
        }
        // Some servers take what follows a semicolon for a parameter, and the rest for the segment.
        if matches!(read.split(';').next(), Some("." | "..")) {
            return Err(format!("its path has the segment {segment:?}"));
        }
    }
    Ok(())
}
