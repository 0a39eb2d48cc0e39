use super::layer::Layer;

/// Where keys are named, each list with the source that counts first.
#[derive(Default)]
pub(crate) struct Origins {
    pub(crate) access_key_id: Vec<&'static str>,
    pub(crate) secret_access_key: Vec<&'static str>,
    pub(crate) credentials_file: Vec<&'static str>,
}

impl Origins {
    pub(super) fn of(layers: [(&'static str, &Layer); 3]) -> Self {
        let naming = |names: fn(&Layer) -> bool| {
            layers.iter().filter(|(_, layer)| names(layer)).map(|(source, _)| *source).collect()
        };
        Self {
            access_key_id: naming(|layer| layer.access_key_id.is_some()),
            secret_access_key: naming(|layer| layer.secret_access_key.is_some()),
            credentials_file: naming(|layer| layer.credentials_file.is_some()),
        }
    }
}
