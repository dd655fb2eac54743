//! What pages say of peers and of their heads.

use super::*;

/// A page about peers, or about the heads of one.
fn about_peers<'a>(records: impl IntoIterator<Item = Record<'a>>) -> Draft {
    records.into_iter().zip(3..).fold(Draft::default(), |draft, (mut record, place)| {
        record.set_prev(draft.prev());
        draft.push(place, record)
    })
}

#[test]
fn the_last_word_on_a_peer_counts() {
    use crate::note::SigningKey;
    use crate::record::{Peer, Unpeer};

    let vkeys = ["a.example", "b.example", "own.example"]
        .map(|name| (name, SigningKey::generate_from_seed(name, [1; 32]).unwrap().verifier().to_string()));
    let peer = |name: usize, depth| {
        let (peer, key) = &vkeys[name];
        Record::Peer(Peer { peer, keys: vec![key], url: "https://x", packages: None, depth, prev: None })
    };
    let unpeer = |name: usize| Record::Unpeer(Unpeer { peer: vkeys[name].0, prev: None });
    let records =
        || [peer(0, None), peer(1, Some(1)), unpeer(0), unpeer(0), peer(2, None), peer(1, Some(1)), peer(1, None)];
    let draft = about_peers(records());
    let page = Page::parse(&draft.bytes, ORIGIN, Subject::Peers).unwrap();
    let peers = page.peers("own.example").peers;
    assert_eq!(
        peers.iter().map(|(origin, (place, peer))| (*origin, *place, peer.depth)).collect::<Vec<_>>(),
        [("b.example", 9, None)]
    );
    let mut taken = Peers::default();
    let voids: Vec<Option<String>> =
        records().iter().map(|record| taken.take("own.example", 0, record).err().map(|why| why.to_string())).collect();
    let said = |text: &str| Some(text.to_owned());
    let same = said("the peer is one already, and nothing else is said of it");
    assert_eq!(voids, [None, None, None, said("it is not a peer"), said("it is the log itself"), same, None]);
    assert!(
        Page::parse(&draft.bytes, ORIGIN, PACKAGE).is_err()
            && Page::parse(&draft.bytes, ORIGIN, "peer b.example").is_err()
    );
}

#[test]
fn the_newest_head_under_a_key_that_counts_is_the_newest() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use crate::record::Sync;

    let signature = |id: u8| STANDARD.encode([[id; 4].to_vec(), vec![0; 64]].concat());
    let (one, two) = (signature(1), signature(2));
    let sync =
        |size, signature| Record::Sync(Sync { peer: "b.example", size, root: Digest([0; 32]), signature, prev: None });
    let draft = about_peers([sync(5, &one), sync(6, &two), sync(8, &one), sync(9, &two)]);
    let page = Page::parse(&draft.bytes, ORIGIN, Subject::Peer("b.example")).unwrap();
    let newest = |keys: &[u8]| {
        let ids: Vec<[u8; 4]> = keys.iter().map(|id| [*id; 4]).collect();
        page.syncs().newest(&ids).map(|(place, sync)| (place, sync.size))
    };
    assert_eq!(newest(&[1]), Some((5, 8)));
    assert_eq!(newest(&[1, 2]), Some((6, 9)));
    assert_eq!(newest(&[3]), None);
}
