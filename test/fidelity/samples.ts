// The table of grounds: complete, true, and what every answer says of itself.

export const test = {
  dataSource: {
    dataSourceDescriptor: 'url',
    params: { '@type': 'type.googleapis.com/bytenite.data_source.HttpDataSource', url: 'https://files.example/a.mp4' },
  },
}
