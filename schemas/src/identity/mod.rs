//! Who and what: every identifier of the system, each a type of its own.

mod codes;
mod document_id;
mod external_ref;
mod hash;
mod log_id;
mod node_number;
mod order_number;
mod receipt_number;
mod secret_code;

pub use codes::{
    BankBag, Channel, CodeError, CustomerId, DepartmentCode, DiscountCode, PriceListVersion,
    ReasonCode, Sku, StoreId, TaxCode, TenantId, TenderReference, TimeZoneName, UserId,
};
pub use document_id::{DocumentId, DocumentIdError};
pub use external_ref::{ExternalRef, ExternalRefError, ExternalValue};
pub use hash::{ChainHash, ChangeHash, HashError, ReactionId};
pub use log_id::{LOG_POSITION_MAX, LogId, LogIdError, LogPosition, OperationId, OperationIdError};
pub use node_number::{NODE_NUMBER_MAX, NodeNumber, NodeNumberError};
pub use order_number::{OrderNumber, OrderNumberError, OrderNumberMint};
pub use receipt_number::{ReceiptNumber, ReceiptNumberError};
pub use secret_code::{BadgeCode, BadgeHash, PickupCode, SecretCodeError};
