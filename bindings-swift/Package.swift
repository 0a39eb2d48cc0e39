// swift-tools-version: 6.0
import PackageDescription

// On Apple's systems the native libraries are XCFrameworks: those of a release, or the ones that
// scripts/build-xcframework.sh has built. A release fills in its address and the checksums that the script prints.
let release: (address: String, client: String, sandbox: String)? = nil

func framework(_ name: String, checksum: String?) -> Target {
    guard let release, let checksum else {
        return .binaryTarget(name: name, path: "build/\(name).xcframework")
    }
    return .binaryTarget(name: name, url: "\(release.address)/\(name).xcframework.zip", checksum: checksum)
}

// On Linux they are shared libraries that the linker finds with -L; see README.md.
#if os(Linux)
    let native: [Target] = [
        .systemLibrary(name: "CPosa"),
        .systemLibrary(name: "CPosaSandbox"),
    ]
    func library(_ name: String) -> Target.Dependency { .target(name: name, condition: .when(platforms: [.linux])) }
#else
    let apple: [Platform] = [.iOS, .macOS]
    let native: [Target] = [
        framework("PosaNative", checksum: release?.client),
        framework("PosaSandboxNative", checksum: release?.sandbox),
    ]
    func library(_ name: String) -> Target.Dependency {
        let binary = name == "CPosa" ? "PosaNative" : "PosaSandboxNative"
        return .target(name: binary, condition: .when(platforms: apple))
    }
#endif

let package = Package(
    name: "posa",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "Posa", targets: ["Posa"]),
        .library(name: "PosaTesting", targets: ["PosaTesting"]),
    ],
    targets: native + [
        .target(
            name: "PosaFFI",
            dependencies: [library("CPosa")],
            linkerSettings: [
                .linkedLibrary("sqlite3", .when(platforms: [.iOS, .macOS])),
                .linkedFramework("CoreFoundation", .when(platforms: [.iOS, .macOS])),
                .linkedFramework("Security", .when(platforms: [.iOS, .macOS])),
            ]
        ),
        .target(name: "PosaSandboxFFI", dependencies: [library("CPosaSandbox")]),
        .target(name: "Posa", dependencies: ["PosaFFI"], resources: [.copy("PrivacyInfo.xcprivacy")]),
        .target(name: "PosaTesting", dependencies: ["Posa", "PosaSandboxFFI"]),
        .testTarget(name: "PosaTests", dependencies: ["Posa", "PosaTesting"]),
        .testTarget(name: "PosaXCTests", dependencies: ["Posa", "PosaTesting"]),
    ],
    swiftLanguageModes: [.v6]
)
