import type { ReactNode } from 'react';
import { Tab, TabList, TabPanel, Tabs as AriaTabs } from 'react-aria-components';

export interface TabsProps {
  label: string;
  chosen: string;
  onChoose: (id: string) => void;
  tabs: readonly { id: string; label: string; icon?: ReactNode; panel: () => ReactNode }[];
}

/** The same things seen in another way. One stop for the keyboard, arrows from one to the next. */
export function Tabs({ label, chosen, onChoose, tabs }: TabsProps) {
  return (
    <AriaTabs className="tabs" selectedKey={chosen} onSelectionChange={(key) => onChoose(String(key))}>
      <TabList className="tab-list" aria-label={label}>
        {tabs.map((tab) => <Tab key={tab.id} id={tab.id} className="tab">{tab.icon}{tab.label}</Tab>)}
      </TabList>
      {tabs.map((tab) => <TabPanel key={tab.id} id={tab.id} className="tab-panel">{tab.panel()}</TabPanel>)}
    </AriaTabs>
  );
}
