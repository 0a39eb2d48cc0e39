import SwiftUI
import VisionKit

/// The camera, until it has read one barcode.
struct ScannerView: UIViewControllerRepresentable {
    let scanned: (String) -> Void

    func makeUIViewController(context: Context) -> DataScannerViewController {
        let scanner = DataScannerViewController(recognizedDataTypes: [.barcode()], isHighlightingEnabled: true)
        scanner.delegate = context.coordinator
        return scanner
    }

    func updateUIViewController(_ scanner: DataScannerViewController, context: Context) {
        if !scanner.isScanning { try? scanner.startScanning() }
    }

    static func dismantleUIViewController(_ scanner: DataScannerViewController, coordinator: Coordinator) {
        scanner.stopScanning()
    }

    func makeCoordinator() -> Coordinator { Coordinator(scanned: scanned) }

    final class Coordinator: NSObject, DataScannerViewControllerDelegate {
        private let scanned: (String) -> Void

        init(scanned: @escaping (String) -> Void) {
            self.scanned = scanned
        }

        func dataScanner(
            _ scanner: DataScannerViewController, didAdd added: [RecognizedItem], allItems: [RecognizedItem]
        ) {
            for case .barcode(let barcode) in added {
                guard let payload = barcode.payloadStringValue else { continue }
                scanner.stopScanning()
                scanned(payload)
                return
            }
        }
    }
}
