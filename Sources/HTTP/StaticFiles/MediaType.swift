/// Media types by the extension of a file's name.
package enum MediaType {
    /// The media type of bytes that nothing is known about.
    package static let octetStream = "application/octet-stream"

    /// The media type for a path extension without its dot, in any case, without parameters; `nil` if it is not known.
    package static func forPathExtension(_ pathExtension: some StringProtocol) -> String? {
        table[pathExtension.lowercased()]?.mediaType
    }

    /// The media type for a path, by its extension; `application/octet-stream` if that is not known.
    package static func forPath(_ path: some StringProtocol) -> String {
        entry(forPath: path)?.mediaType ?? octetStream
    }

    /// What `Content-Type` says of a file: its media type, and the charset UTF-8 for text, where browsers would guess.
    package static func contentType(forPath path: some StringProtocol) -> String {
        guard let entry = entry(forPath: path) else { return octetStream }
        return entry.isText ? entry.mediaType + "; charset=utf-8" : entry.mediaType
    }

    private struct Entry {
        let mediaType: String
        let isText: Bool
    }

    private static func entry(forPath path: some StringProtocol) -> Entry? {
        guard let dot = path.lastIndex(of: ".") else { return nil }
        let pathExtension = path[path.index(after: dot)...]
        return pathExtension.contains("/") ? nil : table[pathExtension.lowercased()]
    }

    private static let table: [String: Entry] = {
        var table: [String: Entry] = [:]
        for line in source.split(separator: "\n") {
            let words = line.split(separator: " ")
            let isText = words[1] == "utf-8"
            for pathExtension in words.dropFirst(isText ? 2 : 1) {
                table[String(pathExtension)] = Entry(mediaType: String(words[0]), isText: isText)
            }
        }
        return table
    }()

    /// One line for each type: the type, `utf-8` where the charset is said, the extensions.
    private static let source = """
        text/html utf-8 html htm shtml
        text/css utf-8 css
        text/javascript utf-8 js mjs cjs
        text/plain utf-8 txt text log conf ini
        text/markdown utf-8 md markdown
        text/csv utf-8 csv
        text/tab-separated-values utf-8 tsv
        text/calendar utf-8 ics
        text/vcard utf-8 vcf
        text/vtt utf-8 vtt
        text/xml utf-8 xml xsl xslt
        text/x-c utf-8 c h cc cpp hpp
        text/x-swift utf-8 swift
        text/x-rust utf-8 rs
        text/x-go utf-8 go
        text/x-python utf-8 py
        text/typescript utf-8 mts cts
        application/json json map
        application/ld+json jsonld
        application/geo+json geojson
        application/manifest+json webmanifest
        application/feed+json jsonfeed
        application/x-ndjson ndjson jsonl
        application/yaml yaml yml
        application/toml toml
        application/wasm wasm
        text/plain utf-8 wat wast wit
        application/xhtml+xml xhtml xht
        application/rss+xml rss
        application/atom+xml atom
        application/pdf pdf
        application/rtf rtf
        application/postscript ps eps ai
        application/epub+zip epub
        application/msword doc
        application/vnd.ms-excel xls
        application/vnd.ms-powerpoint ppt
        application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
        application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
        application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
        application/vnd.oasis.opendocument.text odt
        application/vnd.oasis.opendocument.spreadsheet ods
        application/vnd.oasis.opendocument.presentation odp
        application/vnd.sqlite3 sqlite sqlite3
        application/zip zip
        application/gzip gz tgz
        application/x-bzip2 bz2
        application/x-xz xz
        application/zstd zst
        application/x-7z-compressed 7z
        application/vnd.rar rar
        application/x-tar tar
        application/java-archive jar war
        application/vnd.android.package-archive apk
        application/sql sql
        application/graphql graphql gql
        application/x-sh sh
        application/octet-stream bin exe dll so dylib deb rpm dmg iso img dat data
        application/cbor cbor
        application/protobuf pb
        application/x-httpd-php php
        image/png png
        image/apng apng
        image/jpeg jpg jpeg jpe jfif
        image/gif gif
        image/webp webp
        image/avif avif avifs
        image/heic heic
        image/heif heif
        image/jxl jxl
        image/svg+xml svg svgz
        image/bmp bmp
        image/tiff tif tiff
        image/vnd.microsoft.icon ico cur
        font/woff woff
        font/woff2 woff2
        font/ttf ttf
        font/otf otf
        font/collection ttc
        application/vnd.ms-fontobject eot
        audio/mpeg mp3
        audio/mp4 m4a
        audio/aac aac
        audio/ogg oga ogg opus
        audio/flac flac
        audio/wav wav
        audio/webm weba
        audio/midi mid midi
        audio/aiff aif aiff
        video/mp4 mp4 m4v
        video/mpeg mpeg mpg
        video/webm webm
        video/ogg ogv
        video/quicktime mov qt
        video/x-matroska mkv
        video/x-msvideo avi
        video/mp2t ts m2ts
        video/3gpp 3gp
        application/vnd.apple.mpegurl m3u8
        application/dash+xml mpd
        model/gltf+json gltf
        model/gltf-binary glb
        model/obj obj
        model/stl stl
        model/vnd.usdz+zip usdz
        """
}
