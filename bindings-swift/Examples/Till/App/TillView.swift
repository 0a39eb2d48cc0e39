import Posa
import SwiftUI
import TillCore

/// One screen for each state of the till.
struct TillView: View {
    @ObservedObject var screen: Screen
    @State private var amount = "25"

    var body: some View {
        VStack(spacing: 24) {
            switch screen.state {
            case .starting:
                ProgressView("Checking earlier sales")
            case .untold(let sales, let notice):
                Text(notice ?? "Nobody heard how these sales ended. Look at each.")
                List(sales) { sale in
                    HStack {
                        Text("\(sale.cardNumber.lastFour), \(sale.amount.description): \(sale.state.rawValue)")
                        Button("Seen") { screen.acknowledge(sale) }
                    }
                }
                Button("Later") { screen.next() }
            case .ready(let notice):
                ScannerView { screen.scan($0) }
                Text(notice ?? "Scan a gift card")
            case .scanned(let card):
                Text("Card \(card.lastFour)")
                TextField("Amount", text: $amount).keyboardType(.decimalPad)
                Button("Activate") { screen.sell(for: amount) }
                Button("Cancel", role: .cancel) { screen.next() }
            case .selling(let card):
                ProgressView("Activating \(card.lastFour)")
            case .sold(let receipt):
                ReceiptView(receipt: receipt)
                Button("Next customer") { screen.next() }
            case .unknown(let details):
                Text("Keep the card: it is not known yet whether it is active.").foregroundStyle(.red)
                Text(details.requestId ?? "").font(.caption.monospaced())
                Button("Ask again") { screen.askAgain() }
                Button("Give up", role: .destructive) { screen.giveUp() }
            case .givenUp:
                Text("The sale was given up.")
                Button("Next customer") { screen.next() }
            case .refused(let advice):
                Text(advice).foregroundStyle(.red)
                Button("Back") { screen.next() }
            }
        }
        .padding()
    }
}

/// What is printed for the customer.
struct ReceiptView: View {
    let receipt: Receipt

    var body: some View {
        Grid(alignment: .leading) {
            row("Gift card", receipt.cardNumber.lastFour)
            row("Amount", receipt.amount?.description ?? "")
            row("Expires", receipt.expiration?.date?.formatted(date: .abbreviated, time: .omitted) ?? "never")
            row("Sale", receipt.requestId)
        }
    }

    private func row(_ name: String, _ value: String) -> some View {
        GridRow {
            Text(name)
            Text(value).monospaced()
        }
    }
}
