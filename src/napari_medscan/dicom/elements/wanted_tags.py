"""The attributes that decide order, geometry and decoding.

``Tag`` names them by their DICOM keyword (PS3.6), `Private` by their creator;
``WANTED`` says which of them a header needs, with the value representation to
assume where the file does not say (implicit VR), and descends into the sequences
that matter.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from napari_medscan.dicom.elements.private_elements import Private

DEFER: Final = b"DEFER"
"""Marks a value to be located, not read: it is large and rarely needed."""


class Tag(IntEnum):
    """Attribute tags by keyword (PS3.6 chapter 6)."""

    MediaStorageSOPClassUID = 0x00020002
    TransferSyntaxUID = 0x00020010
    DirectoryRecordSequence = 0x00041220
    ReferencedFileID = 0x00041500
    SpecificCharacterSet = 0x00080005
    ImageType = 0x00080008
    SOPClassUID = 0x00080016
    SOPInstanceUID = 0x00080018
    StudyDate = 0x00080020
    SeriesDate = 0x00080021
    AcquisitionDate = 0x00080022
    ContentDate = 0x00080023
    AcquisitionDateTime = 0x0008002A
    StudyTime = 0x00080030
    SeriesTime = 0x00080031
    AcquisitionTime = 0x00080032
    ContentTime = 0x00080033
    Modality = 0x00080060
    Manufacturer = 0x00080070
    ConversionType = 0x00080064
    StudyDescription = 0x00081030
    SeriesDescription = 0x0008103E
    RecommendedDisplayFrameRate = 0x00082144
    FrameType = 0x00089007
    ComplexImageComponent = 0x00089208
    PatientName = 0x00100010
    PatientID = 0x00100020
    PatientBirthDate = 0x00100030
    PatientSex = 0x00100040
    PatientSize = 0x00101020
    PatientWeight = 0x00101030
    AnatomicalOrientationType = 0x00102210
    ContrastBolusAgent = 0x00180010
    BodyPartExamined = 0x00180015
    SequenceName = 0x00180024
    SliceThickness = 0x00180050
    KVP = 0x00180060
    RepetitionTime = 0x00180080
    EchoTime = 0x00180081
    InversionTime = 0x00180082
    EchoNumbers = 0x00180086
    SpacingBetweenSlices = 0x00180088
    CineRate = 0x00180040
    TriggerTime = 0x00181060
    FrameTime = 0x00181063
    RadiopharmaceuticalStartTime = 0x00181072
    RadionuclideTotalDose = 0x00181074
    RadionuclideHalfLife = 0x00181075
    RadiopharmaceuticalStartDateTime = 0x00181078
    EstimatedRadiographicMagnificationFactor = 0x00181114
    ImagerPixelSpacing = 0x00181164
    SliceLocationVector = 0x00182005
    NominalScannedPixelSpacing = 0x00182010
    ConvolutionKernel = 0x00181210
    ActualFrameDuration = 0x00181242
    FlipAngle = 0x00181314
    SecondaryCaptureDeviceID = 0x00181010
    SecondaryCaptureDeviceManufacturer = 0x00181016
    SecondaryCaptureDeviceManufacturerModelName = 0x00181018
    SecondaryCaptureDeviceSoftwareVersions = 0x00181019
    DateOfSecondaryCapture = 0x00181012
    SequenceOfUltrasoundRegions = 0x00186011
    RegionLocationMinX0 = 0x00186018
    RegionLocationMinY0 = 0x0018601A
    RegionLocationMaxX1 = 0x0018601C
    RegionLocationMaxY1 = 0x0018601E
    RegionSpatialFormat = 0x00186012
    PhysicalUnitsXDirection = 0x00186024
    PhysicalUnitsYDirection = 0x00186026
    PhysicalDeltaX = 0x0018602C
    PhysicalDeltaY = 0x0018602E
    FrameAcquisitionDateTime = 0x00189074
    InversionTimes = 0x00189079
    EffectiveEchoTime = 0x00189082
    DiffusionBValue = 0x00189087
    DiffusionGradientOrientation = 0x00189089
    DiffusionGradientDirectionSequence = 0x00189076
    VelocityEncodingDirection = 0x00189090
    MRTimingAndRelatedParametersSequence = 0x00189112
    MREchoSequence = 0x00189114
    MRModifierSequence = 0x00189115
    MRDiffusionSequence = 0x00189117
    CardiacSynchronizationSequence = 0x00189118
    FrameReferenceDateTime = 0x00189151
    MRVelocityEncodingSequence = 0x00189197
    MRImageFrameTypeSequence = 0x00189226
    CTReconstructionSequence = 0x00189314
    CTXRayDetailsSequence = 0x00189325
    CTImageFrameTypeSequence = 0x00189329
    ContrastBolusUsageSequence = 0x00189341
    ContrastBolusAgentPhase = 0x00189344
    MultienergyCTProcessingSequence = 0x00189363
    MultienergyCTCharacteristicsSequence = 0x00189364
    MonoenergeticEnergyEquivalent = 0x0018937C
    PETFrameTypeSequence = 0x00189751
    StudyInstanceUID = 0x0020000D
    SeriesInstanceUID = 0x0020000E
    SeriesNumber = 0x00200011
    AcquisitionNumber = 0x00200012
    InstanceNumber = 0x00200013
    PatientOrientation = 0x00200020
    ImagePositionPatient = 0x00200032
    ImageOrientationPatient = 0x00200037
    FrameOfReferenceUID = 0x00200052
    TemporalPositionIdentifier = 0x00200100
    StackID = 0x00209056
    FrameContentSequence = 0x00209111
    PlanePositionSequence = 0x00209113
    PlaneOrientationSequence = 0x00209116
    TemporalPositionIndex = 0x00209128
    NominalCardiacTriggerDelayTime = 0x00209153
    FrameAcquisitionNumber = 0x00209156
    DimensionIndexValues = 0x00209157
    NominalPercentageOfCardiacPhase = 0x00209241
    TemporalPositionTimeOffset = 0x0020930D
    TemporalPositionSequence = 0x00209310
    SamplesPerPixel = 0x00280002
    PhotometricInterpretation = 0x00280004
    PlanarConfiguration = 0x00280006
    NumberOfFrames = 0x00280008
    FrameIncrementPointer = 0x00280009
    Rows = 0x00280010
    Columns = 0x00280011
    PixelSpacing = 0x00280030
    PixelAspectRatio = 0x00280034
    CorrectedImage = 0x00280051
    BurnedInAnnotation = 0x00280301
    RecognizableVisualFeatures = 0x00280302
    BitsAllocated = 0x00280100
    BitsStored = 0x00280101
    HighBit = 0x00280102
    PixelRepresentation = 0x00280103
    PixelPaddingValue = 0x00280120
    PixelPaddingRangeLimit = 0x00280121
    WindowCenter = 0x00281050
    WindowWidth = 0x00281051
    RescaleIntercept = 0x00281052
    RescaleSlope = 0x00281053
    RescaleType = 0x00281054
    WindowCenterWidthExplanation = 0x00281055
    VOILUTFunction = 0x00281056
    RedPaletteColorLookupTableDescriptor = 0x00281101
    GreenPaletteColorLookupTableDescriptor = 0x00281102
    BluePaletteColorLookupTableDescriptor = 0x00281103
    RedPaletteColorLookupTableData = 0x00281201
    GreenPaletteColorLookupTableData = 0x00281202
    BluePaletteColorLookupTableData = 0x00281203
    SegmentedRedPaletteColorLookupTableData = 0x00281221
    SegmentedGreenPaletteColorLookupTableData = 0x00281222
    SegmentedBluePaletteColorLookupTableData = 0x00281223
    ModalityLUTSequence = 0x00283000
    LUTDescriptor = 0x00283002
    LUTExplanation = 0x00283003
    LUTData = 0x00283006
    VOILUTSequence = 0x00283010
    PixelMeasuresSequence = 0x00289110
    FrameVOILUTSequence = 0x00289132
    PixelValueTransformationSequence = 0x00289145
    TotalPixelMatrixColumns = 0x00480006
    RadiopharmaceuticalInformationSequence = 0x00540016
    DetectorInformationSequence = 0x00540022
    SliceVector = 0x00540080
    Units = 0x00541001
    SUVType = 0x00541006
    DecayCorrection = 0x00541102
    FrameReferenceTime = 0x00541300
    SegmentSequence = 0x00620002
    SegmentNumber = 0x00620004
    SegmentLabel = 0x00620005
    SegmentIdentificationSequence = 0x0062000A
    ReferencedSegmentNumber = 0x0062000B
    DoseUnits = 0x30040002
    ImagePlanePixelSpacing = 0x30020011
    GridFrameOffsetVector = 0x3004000C
    DoseGridScaling = 0x3004000E
    SharedFunctionalGroupsSequence = 0x52009229
    PerFrameFunctionalGroupsSequence = 0x52009230
    ExtendedOffsetTable = 0x7FE00001
    ExtendedOffsetTableLengths = 0x7FE00002
    FloatPixelData = 0x7FE00008
    DoubleFloatPixelData = 0x7FE00009
    PixelData = 0x7FE00010


Wanted = dict[int, "bytes | Wanted"]

_LUT: Wanted = {
    Tag.LUTDescriptor: b"US",
    Tag.LUTData: b"OW",
}
_WINDOW: Wanted = {
    Tag.WindowCenter: b"DS",
    Tag.WindowWidth: b"DS",
    Tag.WindowCenterWidthExplanation: b"LO",
    Tag.VOILUTFunction: b"CS",
    Tag.VOILUTSequence: {**_LUT, Tag.LUTExplanation: b"LO"},
}
_RESCALE: Wanted = {
    Tag.RescaleIntercept: b"DS",
    Tag.RescaleSlope: b"DS",
    Tag.RescaleType: b"LO",
}
_SPACING: Wanted = {
    Tag.PixelSpacing: b"DS",
    Tag.SliceThickness: b"DS",
    Tag.SpacingBetweenSlices: b"DS",
}
PRIVATE_DIFFUSION: Wanted = {
    Private.SiemensBValue: b"IS",
    Private.SiemensGradientDirection: b"FD",
    Private.GEGradientX: b"DS",
    Private.GEGradientY: b"DS",
    Private.GEGradientZ: b"DS",
    Private.GEBValue: b"IS",
    Private.UIHBValue: b"FD",
    Private.UIHGradientDirection: b"FD",
    Private.PhilipsBValue: b"FL",
    Private.PhilipsGradientRL: b"FL",
    Private.PhilipsGradientAP: b"FL",
    Private.PhilipsGradientFH: b"FL",
}
"""Where scanners kept b-value and direction before the standard had them."""
_DIFFUSION: Wanted = {
    Tag.DiffusionBValue: b"FD",
    Tag.DiffusionGradientOrientation: b"FD",
    Tag.DiffusionGradientDirectionSequence: {Tag.DiffusionGradientOrientation: b"FD"},
    **PRIVATE_DIFFUSION,
}
_FRAME_TYPE: Wanted = {
    Tag.FrameType: b"CS",
    Tag.ComplexImageComponent: b"CS",
}
# PS3.3 C.8.2.2: the energy of virtual monoenergetic images.
_ENERGY: Wanted = {
    Tag.MonoenergeticEnergyEquivalent: b"FD",
    Tag.MultienergyCTProcessingSequence: {Tag.MonoenergeticEnergyEquivalent: b"FD"},
    Tag.MultienergyCTCharacteristicsSequence: {Tag.MonoenergeticEnergyEquivalent: b"FD"},
}
# PS3.3 C.7.6.16.2: the functional group macros that bear on order and pixels.
_FUNCTIONAL_GROUPS: Wanted = {
    Tag.PixelMeasuresSequence: _SPACING,
    Tag.PlanePositionSequence: {Tag.ImagePositionPatient: b"DS"},
    Tag.PlaneOrientationSequence: {Tag.ImageOrientationPatient: b"DS"},
    Tag.PixelValueTransformationSequence: _RESCALE,
    Tag.FrameVOILUTSequence: _WINDOW,
    Tag.FrameContentSequence: {
        Tag.StackID: b"SH",
        Tag.TemporalPositionIndex: b"UL",
        Tag.FrameAcquisitionNumber: b"US",
        Tag.DimensionIndexValues: b"UL",
        Tag.FrameAcquisitionDateTime: b"DT",
        Tag.FrameReferenceDateTime: b"DT",
    },
    Tag.TemporalPositionSequence: {Tag.TemporalPositionTimeOffset: b"FD"},
    Tag.MREchoSequence: {Tag.EffectiveEchoTime: b"FD"},
    Tag.MRModifierSequence: {Tag.InversionTimes: b"FD"},
    Tag.MRTimingAndRelatedParametersSequence: {Tag.FlipAngle: b"DS", Tag.RepetitionTime: b"DS"},
    Tag.MRVelocityEncodingSequence: {Tag.VelocityEncodingDirection: b"FD"},
    Tag.MRDiffusionSequence: _DIFFUSION,
    Tag.CardiacSynchronizationSequence: {
        Tag.NominalCardiacTriggerDelayTime: b"FD",
        Tag.NominalPercentageOfCardiacPhase: b"FL",
    },
    Tag.MRImageFrameTypeSequence: _FRAME_TYPE,
    Tag.CTImageFrameTypeSequence: _FRAME_TYPE,
    Tag.PETFrameTypeSequence: _FRAME_TYPE,
    Tag.CTXRayDetailsSequence: {Tag.KVP: b"DS"},
    Tag.CTReconstructionSequence: {Tag.ConvolutionKernel: b"SH"},
    Tag.ContrastBolusUsageSequence: {Tag.ContrastBolusAgentPhase: b"CS"},
    **_ENERGY,
    Tag.SegmentIdentificationSequence: {Tag.ReferencedSegmentNumber: b"US"},
    **PRIVATE_DIFFUSION,
}

WANTED_PET: Wanted = {
    Tag.SeriesDate: b"DA",
    Tag.SeriesTime: b"TM",
    Tag.PatientSex: b"CS",
    Tag.PatientSize: b"DS",
    Tag.PatientWeight: b"DS",
    Tag.ActualFrameDuration: b"IS",
    Tag.CorrectedImage: b"CS",
    Tag.RadiopharmaceuticalInformationSequence: {
        Tag.RadiopharmaceuticalStartTime: b"TM",
        Tag.RadionuclideTotalDose: b"DS",
        Tag.RadionuclideHalfLife: b"DS",
        Tag.RadiopharmaceuticalStartDateTime: b"DT",
    },
    Tag.DecayCorrection: b"CS",
    Private.GEPetScanStart: b"DT",
    Private.PhilipsSuvScale: b"DS",
    Private.PhilipsActivityScale: b"DS",
}
"""What SUV takes; nothing in headers of other modalities depends on it."""

WANTED: Wanted = {
    Tag.SpecificCharacterSet: b"CS",
    Tag.ImageType: b"CS",
    Tag.SOPClassUID: b"UI",
    Tag.SOPInstanceUID: b"UI",
    Tag.StudyDate: b"DA",
    Tag.StudyTime: b"TM",
    Tag.AcquisitionDate: b"DA",
    Tag.ContentDate: b"DA",
    Tag.AcquisitionDateTime: b"DT",
    Tag.AcquisitionTime: b"TM",
    Tag.ContentTime: b"TM",
    Tag.Modality: b"CS",
    Tag.Manufacturer: b"LO",
    Tag.StudyDescription: b"LO",
    Tag.SeriesDescription: b"LO",
    Tag.RecommendedDisplayFrameRate: b"IS",
    Tag.PatientName: b"PN",
    Tag.PatientID: b"LO",
    Tag.PatientBirthDate: b"DA",
    Tag.AnatomicalOrientationType: b"CS",
    Tag.BodyPartExamined: b"CS",
    **_SPACING,
    **_RESCALE,
    **_WINDOW,
    **_DIFFUSION,
    **_ENERGY,
    Tag.ComplexImageComponent: b"CS",
    Tag.ContrastBolusAgent: b"LO",
    Tag.ContrastBolusAgentPhase: b"CS",
    Tag.ConvolutionKernel: b"SH",
    Tag.FlipAngle: b"DS",
    Tag.InversionTime: b"DS",
    Tag.KVP: b"DS",
    Tag.NominalPercentageOfCardiacPhase: b"FL",
    Tag.RepetitionTime: b"DS",
    Tag.SequenceName: b"SH",
    Tag.EchoTime: b"DS",
    Tag.EchoNumbers: b"IS",
    Tag.CineRate: b"IS",
    Tag.TriggerTime: b"DS",
    Tag.FrameTime: b"DS",
    Tag.EstimatedRadiographicMagnificationFactor: b"DS",
    Tag.ImagerPixelSpacing: b"DS",
    Tag.SliceLocationVector: b"DS",
    Tag.NominalScannedPixelSpacing: b"DS",
    Tag.SequenceOfUltrasoundRegions: {
        Tag.RegionSpatialFormat: b"US",
        Tag.PhysicalUnitsXDirection: b"US",
        Tag.PhysicalUnitsYDirection: b"US",
        Tag.PhysicalDeltaX: b"FD",
        Tag.PhysicalDeltaY: b"FD",
    },
    Tag.StudyInstanceUID: b"UI",
    Tag.SeriesInstanceUID: b"UI",
    Tag.SeriesNumber: b"IS",
    Tag.AcquisitionNumber: b"IS",
    Tag.InstanceNumber: b"IS",
    Tag.PatientOrientation: b"CS",
    Tag.ImagePositionPatient: b"DS",
    Tag.ImageOrientationPatient: b"DS",
    Tag.FrameOfReferenceUID: b"UI",
    Tag.TemporalPositionIdentifier: b"IS",
    Tag.TemporalPositionIndex: b"UL",
    Tag.SamplesPerPixel: b"US",
    Tag.PhotometricInterpretation: b"CS",
    Tag.PlanarConfiguration: b"US",
    Tag.NumberOfFrames: b"IS",
    Tag.FrameIncrementPointer: b"AT",
    Tag.Rows: b"US",
    Tag.Columns: b"US",
    Tag.PixelAspectRatio: b"IS",
    Tag.BitsAllocated: b"US",
    Tag.BitsStored: b"US",
    Tag.HighBit: b"US",
    Tag.PixelRepresentation: b"US",
    Tag.PixelPaddingValue: b"US",
    Tag.PixelPaddingRangeLimit: b"US",
    Tag.RedPaletteColorLookupTableDescriptor: b"US",
    Tag.GreenPaletteColorLookupTableDescriptor: b"US",
    Tag.BluePaletteColorLookupTableDescriptor: b"US",
    Tag.RedPaletteColorLookupTableData: b"OW",
    Tag.GreenPaletteColorLookupTableData: b"OW",
    Tag.BluePaletteColorLookupTableData: b"OW",
    Tag.SegmentedRedPaletteColorLookupTableData: b"OW",
    Tag.SegmentedGreenPaletteColorLookupTableData: b"OW",
    Tag.SegmentedBluePaletteColorLookupTableData: b"OW",
    Tag.ModalityLUTSequence: _LUT,
    Tag.TotalPixelMatrixColumns: b"UL",
    Tag.DetectorInformationSequence: {
        Tag.ImagePositionPatient: b"DS",
        Tag.ImageOrientationPatient: b"DS",
    },
    Tag.SliceVector: b"US",
    Tag.Units: b"CS",
    Tag.SUVType: b"CS",
    Tag.FrameReferenceTime: b"DS",
    Tag.SegmentSequence: {Tag.SegmentNumber: b"US", Tag.SegmentLabel: b"LO"},
    Tag.DoseUnits: b"CS",
    Tag.ImagePlanePixelSpacing: b"DS",
    Tag.GridFrameOffsetVector: b"DS",
    Tag.DoseGridScaling: b"DS",
    Tag.SharedFunctionalGroupsSequence: _FUNCTIONAL_GROUPS,
    Tag.PerFrameFunctionalGroupsSequence: _FUNCTIONAL_GROUPS,
    Tag.ExtendedOffsetTable: DEFER,
    Tag.ExtendedOffsetTableLengths: DEFER,
    Private.SiemensNumberOfImagesInMosaic: b"US",
    Private.SiemensMosaicRefAcqTimes: b"FD",
    Private.SiemensCSAImageHeader: DEFER,
    Private.SiemensCSASeriesHeader: DEFER,
    Private.UIHNumberOfTiles: b"DS",
    Private.UIHTileSequence: {Tag.ImagePositionPatient: b"DS"},
    **WANTED_PET,
}

WANTED_DIRECTORY: Wanted = {
    Tag.SOPClassUID: b"UI",
    Tag.DirectoryRecordSequence: {Tag.ReferencedFileID: b"CS"},
}
