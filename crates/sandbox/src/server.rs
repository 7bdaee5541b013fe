//! The ports and the thread on which everything answers.

use std::net::TcpListener;
use std::thread::JoinHandle;

use axum::Router;
use tokio::sync::oneshot;

use crate::error::SandboxError;
use crate::service::Service;

/// Ports that are taken, in the order in which their routers follow.
#[derive(Default)]
pub(crate) struct Ports(Vec<(Service, TcpListener)>);

impl Ports {
    pub(crate) fn bind(&mut self) -> Result<Service, SandboxError> {
        let (service, listener) = Service::bind().map_err(SandboxError::Start)?;
        self.0.push((service.clone(), listener));
        Ok(service)
    }

    pub(crate) fn with<const N: usize>(
        self,
        routers: [Router; N],
    ) -> Vec<(Service, TcpListener, Router)> {
        self.0
            .into_iter()
            .zip(routers)
            .map(|((service, listener), router)| (service, listener, router))
            .collect()
    }
}

/// The thread on which everything answers.
pub(crate) struct Server {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(services: Vec<(Service, TcpListener, Router)>) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("sandbox".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    for (service, listener, router) in services {
                        tokio::spawn(service.serve(listener, router));
                    }
                    // Also when the other end is gone.
                    let _ = stopped.await;
                });
                // With the runtime every connection ends.
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may be gone already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // What went wrong there was told there.
            let _ = thread.join();
        }
    }
}
