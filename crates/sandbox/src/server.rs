//! The ports and the thread of all services.

use std::net::TcpListener;
use std::thread::JoinHandle;

use axum::Router;
use tokio::sync::oneshot;

use crate::error::SandboxError;
use crate::service::Service;

/// Reserved ports, in the order of their routers.
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

/// The thread of all services.
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
                    // Also when the sender is gone.
                    let _ = stopped.await;
                });
                // All connections end with the runtime.
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
            // The thread may have ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // The thread has reported its own errors.
            let _ = thread.join();
        }
    }
}
