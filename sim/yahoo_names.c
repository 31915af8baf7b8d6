// SPDX-License-Identifier: Apache-2.0
//
// The names that the simulated Yahoo knows: what orderInfo may be asked for, by group (yahoo.md
// §8), and what orderList may (§7.3). Anything else is refused with od90101. Static data.
#include "sim/yahoo.h"

// Blank-separated, so that the tables can be compared with the reference at a glance.
static const char *const info_names[] = {
    [YAHOO_G_ORDER] =
        "OrderId Version ParentOrderId ChildOrderId IsSplit DeviceType MobileCarrierName IsSeen "
        "IsReadOnly CancelReason CancelReasonDetail OrderTime LastUpdateTime OrderStatus "
        "StoreStatus Suspect SuspectMessage RoyaltyFixTime IsRoyalty IsRoyaltyFix IsSeller "
        "IsAffiliate IsRatingB2s NeedSnl SendConfirmTime SendPayTime PrintSlipTime "
        "PrintDeliveryTime PrintBillTime BuyerComments SellerComments Notes OperationUser "
        "Referer EntryPoint HistoryId UsageId UseCouponData TotalCouponDiscount "
        "ShippingCouponFlg ShippingCouponDiscount CampaignPoints IsMultiShip MultiShipId "
        "IsFirstClassDrugIncludes IsFirstClassDrugAgreement IsWelcomeGiftIncludes "
        "YamatoCoopStatus FraudHoldStatus PublicationTime IsYahooAuctionOrder "
        "YahooAuctionMerchantId YahooAuctionId IsYahooAuctionDeferred YahooAuctionCategoryType "
        "YahooAuctionBidType YahooAuctionBundleType GoodStoreStatus "
        "CurrentGoodStoreBenefitApply CurrentPromoPkgApply IsLineGiftOrder LineGiftOrderId "
        "ImmediateBonus SlowlyShipPoint SlowlyShipPointFixDate IsSlowlyShipPointFix "
        "CampaignGiftCards OverlapOrderResult FirstOrderDoneDate DonationId SocialGiftType "
        "IsVip InsuranceStatus AffiliateType IsLineCommerceTabOrder XshoppingStoreType "
        "OptionPartnerType ",
    [YAHOO_G_PAY] =
        "PayStatus SettleStatus PayType PayKind PayMethod PayMethodName SellerHandlingCharge "
        "PayActionTime PayDate PayNotes SettleId CardBrand CardNumber CardNumberLast4 "
        "CardExpireYear CardExpireMonth CardHolderName CardPayCount CardBirthDay UseYahooCard "
        "CardPayType UseWallet IsApplePay NeedBillSlip NeedDetailedSlip NeedReceipt "
        "AgeConfirmField AgeConfirmValue AgeConfirmCheck BillAddressFrom BillFirstName "
        "BillFirstNameKana BillLastName BillLastNameKana BillZipCode BillPrefecture "
        "BillPrefectureKana BillCity BillCityKana BillAddress1 BillAddress1Kana BillAddress2 "
        "BillAddress2Kana BillPhoneNumber BillEmgPhoneNumber BillMailAddress BillSection1Field "
        "BillSection1Value BillSection2Field BillSection2Value PayNo PayNoIssueDate "
        "ConfirmNumber PaymentTerm PayMethodChangeDeadline PayMethodChangeDoneDate "
        "IsPayMethodChangePossible LineGiftPayMethodName CombinedPayType CombinedPayKind "
        "CombinedPayMethod CombinedPayMethodName ",
    [YAHOO_G_SHIP] =
        "ShipStatus ShipMethod ShipCompanyCode ShipInvoiceNumberEmptyReason ArriveType "
        "ShipMethodName ShipRequestDate ShipRequestTime ShipRequestTimeZoneCode ShipNotes "
        "ShipInvoiceNumber1 ShipInvoiceNumber2 ShipUrl ShipDate ArrivalDate NeedGiftWrap "
        "GiftWrapCode GiftWrapType GiftWrapMessage NeedGiftWrapPaper GiftWrapPaperType "
        "GiftWrapName Option1Field Option2Field Option1Type Option2Type Option1Value "
        "Option2Value ShipFirstName ShipFirstNameKana ShipLastName ShipLastNameKana ShipZipCode "
        "ShipPrefecture ShipPrefectureKana ShipCity ShipCityKana ShipAddress1 ShipAddress1Kana "
        "ShipAddress2 ShipAddress2Kana ShipPhoneNumber ShipEmgPhoneNumber ShipSection1Field "
        "ShipSection1Value ShipSection2Field ShipSection2Value ReceiveShopCode ReceiveShopType "
        "ReceiveShopName ReceiveSatelliteType ReceiveSatelliteMethod "
        "ReceiveSatelliteSettleMethod ReceiveSatelliteCompanyName ReceiveSatelliteShopCode "
        "ReceiveSatelliteShopName ReceiveSatelliteShipKind ReceiveSatelliteYahooCode "
        "ReceiveSatelliteCertificationNumber CollectionDate CashOnDeliveryTax "
        "NumberUnitsShipped ShipInstructType ShipInstructStatus ExcellentDelivery IsEazy "
        "EazyDeliveryCode EazyDeliveryName IsMallContactlessDelivery "
        "MallContactlessDeliveryStatus ShipContactlessDeliveryCode IsSubscription "
        "SubscriptionId SubscriptionContinueCount SubscriptionCycleType SubscriptionCycleDate "
        "IsLineGiftShippable ShippingDeadline UseGiftCardData DeliveryStatus YamatoInputDate "
        "SagawaInputDate JapanPostInputDate FirstArrivalDateTime DeliveryDate DeliveryTimeZone "
        "ShipCompanyMethodCode ShipCompanyReceivedDatetime RemoteAreaShippingType ",
    [YAHOO_G_SELLER] = "SellerId LineGiftAccount ",
    [YAHOO_G_BUYER] = "IsLogin FspLicenseCode FspLicenseName GuestAuthId ",
    [YAHOO_G_ITEM] =
        "LineId ItemId SubCode SubCodeOption Title ItemOption Inscription UnitPrice "
        "NonTaxUnitPrice Quantity IsTaxable ItemTaxRatio OriginalPrice OriginalNum CouponData "
        "CouponDiscount CouponUseNum MallCouponData IsUsed ImageId Jan ProductId CategoryId "
        "AffiliateRatio IsAffiliateItem ReleaseDate LeadTimeText LeadTimeStart LeadTimeEnd "
        "PriceType PointAvailQuantity PointFspCode PointRatioY PointRatioSeller UnitGetPoint "
        "PointBaseUnitPrice IsGetPointFix GetPointFixDate StoreBonusRatioSeller "
        "UnitGetStoreBonus IsGetStoreBonusFix GetStoreBonusFixDate PickAndDeliveryCode "
        "PickAndDeliveryTransportRuleType YamatoUndeliverableReason ItemYahooAucId "
        "ItemYahooAucMerchantId YourTimesaleDiscount SubscriptionPointRatio ChannelGoodsPlanId "
        "ChannelGoodsPlanName ",
    [YAHOO_G_DETAIL] =
        "PayCharge ShipCharge GiftWrapCharge Discount Adjustments UsePoint GiftCardDiscount "
        "TotalMallCouponDiscount TotalImmediateBonusAmount TotalImmediateBonusRatio "
        "LineGiftCharge TotalPrice SettleAmount SettlePayAmount PayMethodAmount "
        "CombinedPayMethodAmount UsePaypayPoint IsGetPointFixAll IsGetStoreBonusFixAll ",
};

static const char list_names[] =
    "OrderId Version OriginalOrderId ParentOrderId DeviceType IsSeen IsSplit IsRoyalty "
    "IsSeller IsAffiliate IsRatingB2s OrderTime ExistMultiReleaseDate ReleaseDate "
    "LastUpdateTime Suspect OrderStatus StoreStatus RoyaltyFixTime PrintSlipFlag "
    "PrintDeliveryFlag PrintBillFlag BuyerCommentsFlag SellerId SellerType IsLogin "
    "IsReadOnly IsPayManagement FraudHoldStatus PublicationTime YamatoCoopStatus "
    "OptionPartnerType GoodStoreStatus CurrentGoodStoreBenefitApply CurrentPromoPkgApply "
    "SocialGiftType IsLineCommerceTabOrder XshoppingStoreType IsFirstClassDrugIncludes "
    "IsFirstClassDrugAgreement IsWelcomeGiftIncludes PayStatus SettleStatus PayType "
    "PayMethod PayMethodName PayDate SettleId UseWallet NeedBillSlip NeedDetailedSlip "
    "NeedReceipt BillFirstName BillFirstNameKana BillLastName BillLastNameKana "
    "BillPrefecture PayNo PayNoIssueDate IsApplePay PayMethodChangeDeadline "
    "IsPayMethodChangePossible CombinedPayType CombinedPayMethod CombinedPayMethodName "
    "ShipStatus ShipMethod ShipMethodName ShipRequestDate ShipRequestTime ShipNotes "
    "ShipCompanyCode ReceiveShopCode ShipInvoiceNumber1 ShipInvoiceNumber2 "
    "ShipInvoiceNumberEmptyReason ShipUrl ArriveType ShipDate ArrivalDate NeedGiftWrap "
    "NeedGiftWrapMessage NeedGiftWrapPaper ShipFirstName ShipFirstNameKana ShipLastName "
    "ShipLastNameKana ShipPrefecture ReceiveSatelliteType ShipInstructType "
    "ShipInstructStatus ReceiveShopType ReceiveShopName ExcellentDelivery IsEazy "
    "EazyDeliveryCode EazyDeliveryName RemoteAreaShippingType ShippingDeadline "
    "IsSubscription SubscriptionId SubscriptionContinueCount PayCharge ShipCharge "
    "GiftWrapCharge Discount GiftCardDiscount UsePoint TotalPrice RefundTotalPrice "
    "TotalMallCouponDiscount IsGetPointFixAll YourTimesaleDiscount LineGiftCharge "
    "TotalImmediateBonusAmount TotalImmediateBonusRatio IsYahooAuctionOrder "
    "YahooAuctionMerchantId YahooAuctionId IsYahooAuctionDeferred YahooAuctionCategoryType "
    "YahooAuctionBidType YahooAuctionBundleType ItemYahooAucId ItemYahooAucMerchantId "
    "LineGiftOrderId IsLineGiftOrder IsLineGiftShippable ";

static bool has_word(struct str words, struct str name)
{
    ptrdiff_t at;
    while ((at = str_find(words, name)) >= 0) {
        size_t end = (size_t)at + name.n;
        if ((at == 0 || words.p[at - 1] == ' ') && (end == words.n || words.p[end] == ' '))
            return true;
        words = str_slice(words, (size_t)at + 1, words.n);
    }
    return false;
}

int yahoo_info_group(struct str name)
{
    for (size_t i = 0; i < sizeof info_names / sizeof info_names[0]; i++)
        if (name.n > 0 && has_word(str_from(info_names[i]), name))
            return (int)i;
    return -1;
}

bool yahoo_list_knows(struct str name)
{
    return name.n > 0 && has_word(str_from(list_names), name);
}
