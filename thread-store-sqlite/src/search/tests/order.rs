//! How few threads are read.

use thread_store::{ListFilter, ThreadMetadataPatch};

use super::*;

#[tokio::test]
async fn no_more_threads_are_read_than_the_page_needs() {
    let fresh = Fresh::open().await;
    for n in 1..=40 {
        let seems = if n == 7 { vec![user("lam pam amp"); 3] } else { vec![] };
        fresh.create(n, vec![user("desk")]).await;
        fresh.append(n, [seems, vec![user("lamp")]].concat()).await;
        fresh.index(n).await;
        // Who reads the thread cannot overlook it.
        fresh.damage(n).await;
    }
    let page = fresh.search(SearchThreads::new("lamp".to_owned()).with_page_size(1)).await;
    assert_eq!(page.hits[0].thread.thread_id, id(40));
    assert!(page.next_cursor.is_some());
    // One that seemed to be better, and the best.
    assert_eq!(page.damage.count, 2);
    let page = fresh.search(SearchThreads::new("zebra".to_owned())).await;
    assert_eq!((page.hits.len(), page.damage.count), (0, 0));
}

#[tokio::test]
async fn a_thread_with_the_text_in_its_name_alone_is_not_read() {
    let fresh = Fresh::open().await;
    let named = ThreadMetadataPatch::default().name("Lamps".to_owned());
    let create = CreateThread::new(id(1)).with_items(vec![user("desk")]).with_metadata(named);
    fresh.store.create_thread(create).await.unwrap();
    fresh.index(1).await;
    fresh.damage(1).await;
    let page = fresh.search(SearchThreads::new("lamp".to_owned())).await;
    assert_eq!((page.hits.len(), page.damage.is_empty()), (1, true));
}

#[tokio::test]
async fn a_filter_that_matches_nothing_finds_nothing() {
    let fresh = Fresh::open().await;
    fresh.create(1, vec![user("lamp")]).await;
    for filter in
        [ListFilter::default().with_source_kinds(vec![]), ListFilter::default().with_archived(true)]
    {
        let search = SearchThreads::new("lamp".to_owned()).with_filter(filter);
        assert!(fresh.search(search).await.hits.is_empty());
    }
}
