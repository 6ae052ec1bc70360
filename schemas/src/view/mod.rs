//! Views: what command line and API show. Their shape is stable; amounts are in minor units of the view's currency.

mod after_sale;
mod documents;
mod timeline;

pub use after_sale::{AfterSaleView, LineLeftView};
pub use documents::{
    MovementView, OrderLineView, OrderView, RefundView, ReturnLineView, ReturnView, SafeView,
    SessionView, StockView, TenderView,
};
pub use timeline::{TimelineEntry, timeline};
