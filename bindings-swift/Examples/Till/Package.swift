// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "till",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "TillCore", targets: ["TillCore"])],
    dependencies: [.package(name: "posa", path: "../..")],
    targets: [
        .target(name: "TillCore", dependencies: [.product(name: "Posa", package: "posa")]),
        .testTarget(
            name: "TillCoreTests", dependencies: ["TillCore", .product(name: "PosaTesting", package: "posa")]),
    ],
    swiftLanguageModes: [.v6]
)
