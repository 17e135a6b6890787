//! Doing the same for many, some at a time.
use std::sync::Arc;

use anyhow::Result;
use tokio::{sync::Semaphore, task::JoinSet};

/// How many at a time: the store commits together what comes together.
const AT_A_TIME: usize = 64;

/// Does `work` for each item, many at a time, and gives the results in the order of the items.
///
/// # Errors
/// The first failure; the rest is abandoned.
pub async fn in_parallel<I, T, W, F>(items: impl IntoIterator<Item = I>, work: W) -> Result<Vec<T>>
where
    I: Send + 'static,
    T: Send + 'static,
    W: Fn(I) -> F,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(AT_A_TIME));
    let mut tasks = JoinSet::new();
    for (index, item) in items.into_iter().enumerate() {
        let place = Arc::clone(&places).acquire_owned().await?;
        let done = work(item);
        tasks.spawn(async move {
            let result = done.await;
            drop(place);
            result.map(|value| (index, value))
        });
    }
    let mut results = Vec::with_capacity(tasks.len());
    while let Some(done) = tasks.join_next().await {
        results.push(done??);
    }
    results.sort_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, value)| value).collect())
}
